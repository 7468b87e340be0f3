"""Curves over rounds: all replicates faint, the median strong; or the median in a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from vistab.report.figures.panel import Panel, frame, panel
from vistab.report.figures.svg import band, figure, line, path, spread, tag, text
from vistab.report.view.happened import CurvePanel, Floats, Series, quantile
from vistab.report.words import number, percent

MOST_LINES = 60
"""Runs drawn faint on one side of a panel; of more, evenly spaced ones. Medians are of all."""


def coverage_figure(curves: CurvePanel, last: float) -> Markup:
    """Coverage of one panel over rounds 0 to `last`: runs faint, the medians labelled."""
    area = panel((0, last), (0, 1), width=320, height=190, right=52)
    parts: list[Any] = [
        frame(area, "round", "coverage of the modes", y_text=percent, y_ticks=(0, 0.5, 1))
    ]
    for series in curves.series:
        some = series.values[:: -(-len(series.values) // MOST_LINES)]
        faint = (path(_at(area, series.rounds, run), digits=0) for run in some)
        parts.append(tag("g", *faint, class_=f"faint stroke-{series.side}"))
    parts += [_median(area, series) for series in curves.series]
    parts += _end_labels(area, curves.series, percent)
    return figure(_finding(curves), area.width, area.height, *parts)


def _at(area: Panel, rounds: Floats, values: Floats) -> list[tuple[float, float]]:
    return [(area.x(x), area.y(y)) for x, y in zip(rounds.tolist(), values.tolist(), strict=True)]


def _median(area: Panel, series: Series) -> Markup:
    return path(_at(area, series.rounds, series.median), f"strong stroke-{series.side}")


def _end_labels(area: Panel, series: Sequence[Series], words: Any) -> list[Markup]:
    """The last word of each label at the end of its median: `0` and `5` of a weight."""
    ends = [(_last(one.median), one) for one in series]
    known = [(value, one) for value, one in ends if math.isfinite(value)]
    ys = spread([_inside(area, value) for value, _ in known], 13)
    return [
        text(area.x.end + 6, y + 4, one.label.split(" ")[-1], f"direct strong ink-{one.side}")
        for (_, one), y in zip(known, ys, strict=True)
    ]


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else math.nan


def _inside(area: Panel, value: float) -> float:
    low, high = sorted((area.y.start, area.y.end))
    at = area.y(value)
    return min(max(at, low), high) if math.isfinite(at) else high


def _finding(curves: CurvePanel) -> str:
    ends = [(one.label, _last(one.median)) for one in curves.series]
    told = ", ".join(f"{label} ends at {percent(end)}" for label, end in ends if math.isfinite(end))
    return f"{curves.title or 'All runs'}: the median run {told or 'has no value'}"


def signal_figure(curves: CurvePanel, log: bool) -> Markup:
    """Median and the middle 80 % of the runs of each side, on a log axis where asked."""
    bands = [tuple(quantile(one.values, q) for q in (0.1, 0.5, 0.9)) for one in curves.series]
    known = np.concatenate([values for lines in bands for values in lines])
    known = known[np.isfinite(known) & ((known > 0) | (not log))]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, high = (low, high) if log else (min(low, 0.0), high)
    last = max(float(one.rounds[-1]) for one in curves.series)
    area = panel((0, last), (low, high if high > low else low + 1), right=16, log_y=log)
    parts: list[Any] = [frame(area, "round", "log scale" if log else "", y_text=_short)]
    shade = "band" if len(bands) < 3 else "band crowd"
    for one, (bottom, middle, top) in zip(curves.series, bands, strict=True):
        kept = np.isfinite(bottom) & np.isfinite(top) & ((bottom > 0) | (not log))
        rounds = one.rounds[kept]
        upper, lower = _at(area, rounds, top[kept]), _at(area, rounds, bottom[kept])
        parts.append(band(upper, lower, f"{shade} fill-{one.side}"))
        parts.append(path(_at(area, one.rounds, middle), f"strong stroke-{one.side}"))
    told = ", ".join(f"{one.label} {number(_last(one.median))}" for one in curves.series)
    return figure(f"{curves.title}, median at the end: {told}", area.width, area.height, *parts)


def _short(value: float) -> str:
    if value and abs(value) < 1e-3:
        return f"{value:.0e}"
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"


def rule(width: float, side: str) -> Markup:
    """A key's short stroke."""
    return tag(
        "svg",
        line(0, 6, width, 6, f"strong stroke-{side}"),
        width=width,
        height=12,
        aria_hidden="true",
        class_="key",
    )
