"""Figures of one run that was ruled on: its timeline, signals, mode shares and losses.

All have rounds on x, from the first snapshot's cell to the last's. Timeline and mode shares are as
wide as the page: their places are in percent, so that text keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from vistab.analysis.wording import count
from vistab.collapse.detect import Detection
from vistab.collapse.detector import THRESHOLDS
from vistab.report.figures.panel import Panel, frame, panel
from vistab.report.figures.scale import round_ticks
from vistab.report.figures.svg import circle, figure, line, path, rect, spread, tag, text
from vistab.report.view.detection import (
    Columns,
    SignalWords,
    Stretch,
    asked,
    change,
    change_name,
    change_words,
    columns,
    course,
    edges,
    finding,
    not_finite,
    perfect,
    ratio_text,
    stretches,
    told_modes,
)
from vistab.report.words import TickText, number

MOST_DOTS: Final = 60
"""Snapshots drawn as dots on their line; more would be a crowd."""

MOST_COLUMNS: Final = 60
MOST_CELLS: Final = 2000
"""Columns and cells of the heat map; of more snapshots, neighbours are averaged."""

NUMBERED: Final = 30
"""Rows of the heat map that are each named; of more, every tenth."""


def round_text(value: float) -> str:
    """A round at a tick: `500`, `2,000`, `20k`, `3M`."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= max(size, 1e4):
            return f"{value / size:g}{letter}"
    return f"{value:,.0f}"


@dataclass(frozen=True)
class Axis:
    """Rounds from low to high, in percent of the width."""

    low: float
    high: float
    ticks: Sequence[float]

    @classmethod
    def of(cls, rounds: npt.NDArray[np.int64]) -> Axis:
        """From the first cell to the last."""
        ends = edges(rounds)
        low, high = float(rounds[0]), float(rounds[-1])
        whole = [tick for tick in round_ticks(low, high) if tick == round(tick)]
        return cls(float(ends[0]), float(ends[-1]), whole)

    def at(self, value: float) -> str:
        """`12.34%`."""
        return f"{self.share(value):.2f}%"

    def share(self, value: float) -> float:
        """Percent of the width."""
        return 100 * (value - self.low) / (self.high - self.low)

    def drawn(self, y: float) -> list[Markup]:
        """The axis at height y with its ticks and their numbers."""
        parts = [tag("line", x1="0%", x2="100%", y1=y, y2=y, class_="rule")]
        for tick in self.ticks:
            x = self.at(tick)
            parts.append(tag("line", x1=x, x2=x, y1=y, y2=y + 4, class_="rule"))
            parts.append(_put(x, y + 16, round_text(tick), "tick", self._anchor(tick)))
        parts.append(_put("0%", y + 16, "round", "tick", "end", dx=-6))
        return parts

    def _anchor(self, value: float) -> str:
        share = self.share(value)
        return "end" if share > 97 else "start" if share < 3 else "middle"


def _put(x: str, y: float, words: str, class_: str, anchor: str, dx: float = 0) -> Markup:
    return tag("text", words, x=x, y=y, dx=dx or None, class_=class_, text_anchor=anchor)


def wide(alt: str, height: float, parts: Sequence[Markup]) -> Markup:
    """A drawing as wide as its column, of this height in pixels."""
    return tag(
        "svg", *parts, class_="figure wide", width="100%", height=height, role="img", aria_label=alt
    )


def timeline(detection: Detection) -> Markup:
    """What was ruled, as one bar over the rounds; onset or convergence marked."""
    axis, cells = Axis.of(detection.rounds), edges(detection.rounds)
    ruled = course(detection)
    parts = [piece for one in ruled for piece in _bar(axis, cells, one)]
    gone = not_finite(detection.signals["coverage"])
    parts += [piece for a, b in gone for piece in _gone(axis, float(cells[a]), float(cells[b]))]
    since = change(detection)
    if since is not None:
        start = float(cells[ruled[-1].start])
        right = axis.share(start) < 50
        words = change_words(detection)
        x = axis.at(start)
        parts.append(tag("line", x1=x, x2=x, y1=2, y2=50, class_="onset"))
        anchor, dx = ("start", 6) if right else ("end", -6)
        parts.append(_put(x, 13, words, "direct strong", anchor, dx=dx))
    parts += axis.drawn(56)
    told = [f"{one.name} {one.when}" for one in ruled]
    told += [f"{count(sum(b - a for a, b in gone), 'snapshot')} not finite"] if gone else []
    return wide(f"Timeline: {'; '.join(told)}", 76, parts)


def _bar(axis: Axis, cells: npt.NDArray[np.floating], one: Stretch) -> list[Markup]:
    start, end = axis.share(float(cells[one.start])), axis.share(float(cells[one.end]))
    parts = [
        tag(
            "rect", x=f"{start:.2f}%", y=20, width=f"{end - start:.2f}%", height=28,
            class_=f"stretch b-{one.fate}",
        )
    ]  # fmt: skip
    if end - start >= 25:  # narrower ones have no room for their name on a phone
        parts.append(_put(f"{start:.2f}%", 38.5, one.name, f"direct n-{one.fate}", "start", dx=8))
    return parts


def _gone(axis: Axis, start: float, end: float) -> list[Markup]:
    """Snapshots that are not finite: a line below the bar and a cross."""
    middle = axis.at((start + end) / 2)
    return [
        tag("line", x1=axis.at(start), x2=axis.at(end), y1=52, y2=52, class_="gone-line"),
        _put(middle, 40, "\u00d7", "cross halo", "middle"),
    ]


def signal_figure(detection: Detection, signal: SignalWords) -> Markup:
    """A signal over rounds, the band of a perfect sampler, and the least of a healthy snapshot."""
    values = detection.signals[signal.name].astype(float)
    band = detection.bands.get(signal.name)
    whole = float(len(detection.fair_shares)) if signal.name == "modes" else 1.0
    marks = [whole] if band is None else [whole, band.high, band.least or 0.0]
    low, high, log = _range(values, marks, log=signal.name == "scale")
    area = _panel(detection, (low, high), log=log)
    ticks = [0, whole] if signal.name == "modes" else None
    parts, labels = [_axes(detection, area, signal.text, ticks)], _last(area, values, signal.text)
    if band is not None:
        top, bottom = (area.y(min(max(value, low), high)) for value in (band.high, band.low))
        width = area.x.end - area.x.start
        parts.append(rect(area.x.start, top, width, max(bottom - top, 1.5), "null-band"))
        labels.append(((top + bottom) / 2, f"perfect {perfect(detection, signal)}", "muted"))
    if band is not None and band.least:
        y = area.y(band.least)
        parts.append(line(area.x.start, y, area.x.end, y, "least"))
        labels.append((y, asked(detection, signal), "muted"))
    parts += [*_curve(detection, area, values), *_beside(area, labels)]
    return figure(finding(detection, signal), area.width, area.height, *parts)


def loss_figure(detection: Detection, name: str, losses: npt.NDArray[np.floating]) -> Markup:
    """A loss over rounds."""
    values = np.asarray(losses, dtype=float)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    log = low > 0 and high > 1000 * low
    room = 0.0 if log else 0.05 * (high - low) or 0.5
    area = _panel(detection, (low - room, high + room), log=log)
    axes = _axes(detection, area, number)
    end = number(values[-1]) if np.isfinite(values[-1]) else "not finite"
    labels = _beside(area, _last(area, values, number))
    parts = _curve(detection, area, values)
    return figure(f"{name}: {end} at the end", area.width, area.height, axes, *parts, *labels)


def _range(
    values: npt.NDArray[np.floating], marks: Sequence[float], *, log: bool
) -> tuple[float, float, bool]:
    """The range of an axis, and whether it is a log axis: only if it may be and values run away."""
    known = values[np.isfinite(values)]
    high = float(max([*known, *marks]))
    if log and high > 10:
        return float(min([0.5, *known[known > 0]])), high * 1.3, True
    return 0.0, high * 1.02, False


def _panel(detection: Detection, y: tuple[float, float], *, log: bool = False) -> Panel:
    ends = edges(detection.rounds)
    x = float(ends[0]), float(ends[-1])
    return panel(x, y, width=360, height=190, right=122, top=30, log_y=log)


def _axes(
    detection: Detection, area: Panel, words: TickText, y_ticks: Sequence[float] | None = None
) -> Markup:
    return frame(
        area,
        "round",
        "log scale" if area.y.log else "",
        x_ticks=Axis.of(detection.rounds).ticks,
        x_text=round_text,
        y_text=words,
        y_ticks=y_ticks,
    )


def _curve(detection: Detection, area: Panel, values: npt.NDArray[np.floating]) -> list[Markup]:
    """The line with its dots, gaps where it is not finite, and the onset."""
    parts = [_gap(detection, area, a, b) for a, b in not_finite(values)]
    if (since := change(detection)) is not None:
        parts += _mark(area, since, change_name(detection))
    points = [
        (area.x(x), area.y(y))
        for x, y in zip(detection.rounds.tolist(), values.tolist(), strict=True)
    ]
    parts.append(path(points, "run-line"))
    if len(points) <= MOST_DOTS:
        parts += [circle(x, y, 2.2, "run-dot") for x, y in points if np.isfinite(y)]
    return parts


def _mark(area: Panel, since: int, name: str) -> list[Markup]:
    x = area.x(since)
    right = x < (area.x.start + area.x.end) / 2
    label = text(x + (4 if right else -4), area.y.end - 6, name, "direct", None if right else "end")
    return [line(x, area.y.end - 15, x, area.y.start, "onset"), label]


def _gap(detection: Detection, area: Panel, a: int, b: int) -> Markup:
    """Where a signal has no finite value: shaded, crossed, and named if there is room."""
    cells = edges(detection.rounds)
    left, right = area.x(float(cells[a])), area.x(float(cells[b]))
    top = area.y.end
    words = "\u00d7 not finite" if right - left > 70 else "\u00d7"
    return rect(left, top, right - left, area.y.start - top, "gone") + text(
        (left + right) / 2, top + 14, words, "direct halo", "middle"
    )


def _last(
    area: Panel, values: npt.NDArray[np.floating], words: TickText
) -> list[tuple[float, str, str]]:
    """The label of the last value, if it is finite."""
    end = float(values[-1])
    return [(area.y(end), words(end), "strong ink-treatment")] if np.isfinite(end) else []


def _beside(area: Panel, labels: Sequence[tuple[float, str, str]]) -> list[Markup]:
    """Labels at the right of the panel, moved apart."""
    ys = spread([y for y, *_ in labels], 14)
    return [
        text(area.x.end + 7, y + 4, words, f"direct {class_}")
        for y, (_, words, class_) in zip(ys, labels, strict=True)
    ]


def mode_map(detection: Detection) -> Markup:
    """Rows are modes, columns snapshots, colour the share over the fair one; dots on lost ones."""
    m, noun = len(detection.fair_shares), detection.noun.removesuffix("s")
    drawn = columns(detection, min(MOST_COLUMNS, max(8, MOST_CELLS // m)))
    row = 20 if m <= 12 else 15 if m <= NUMBERED else max(4, 450 // m)
    axis, height = Axis.of(detection.rounds), row * m
    parts = [_row_name(k, row, noun) for k in range(m) if m <= NUMBERED or (k + 1) % 10 == 0]
    parts.append(
        tag(
            "svg", *_cells(drawn, noun), x=0, y=20, width="100%", height=height,
            viewBox=f"{axis.low:g} 0 {axis.high - axis.low:g} {m}", preserveAspectRatio="none",
        )
    )  # fmt: skip
    if (since := change(detection)) is not None:
        x = axis.at(float(edges(detection.rounds)[stretches(detection)[-1].start]))
        right = axis.share(since) < 50
        anchor, dx = ("start", 5) if right else ("end", -5)
        parts.append(tag("line", x1=x, x2=x, y1=4, y2=20 + height, class_="onset"))
        parts.append(_put(x, 13, change_name(detection), "direct", anchor, dx=dx))
    return wide(told_modes(detection), height + 44, [*parts, *axis.drawn(24 + height)])


def _row_name(k: int, row: float, noun: str) -> Markup:
    return _put("0%", 20 + (k + 0.5) * row + 4, f"{noun} {k + 1}", "tick", "end", dx=-6)


def _cells(drawn: Columns, noun: str) -> list[Markup]:
    parts, lost = [], []
    for c, shares in enumerate(drawn.shares):
        left, right = float(drawn.edges[c]), float(drawn.edges[c + 1])
        for k, share in enumerate(shares):
            parts.append(_cell(left, right, k, float(share), f"{noun} {k + 1}, {drawn.names[c]}"))
            if share < THRESHOLDS.held_share:
                lost.append(f"M{(left + right) / 2:g} {k + 0.5:g}h0")
    return [*parts, tag("path", d="".join(lost), class_="lost")]


def _cell(left: float, right: float, k: int, share: float, name: str) -> Markup:
    told = ratio_text(share) if np.isfinite(share) else "not finite"
    return tag(
        "rect", tag("title", f"{name}: {told}"), x=f"{left:g}", y=f"{k + 0.04:g}",
        width=f"{right - left:g}", height="0.92", **shade(share),
    )  # fmt: skip


def shade(share: float) -> dict[str, str]:
    """Class and strength of a share of the fair one: under or over, up to twice; or not finite."""
    if not np.isfinite(share):
        return {"class_": "gone"}
    class_ = "under" if share < 1 else "over"
    return {"class_": class_, "fill_opacity": f"{min(abs(share - 1), 1):.2f}"}


def shade_key(share: float) -> Markup:
    """A swatch of the heat map's key."""
    box = rect(0.5, 0.5, 21, 13, "swatch-box")
    dot = tag("path", d="M11 7h0", class_="lost") if share < THRESHOLDS.held_share else ""
    return tag("svg", rect(0.5, 0.5, 21, 13, **shade(share)), box, dot, width=22, height=14,
               aria_hidden="true", class_="key")  # fmt: skip
