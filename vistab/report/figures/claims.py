"""One small figure a verdict, fit for its kind. All values come from the verdict's details."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from vistab.analysis.verdict import Verdict
from vistab.report.controls import control_rows
from vistab.report.figures.panel import Panel, frame, panel
from vistab.report.figures.survival import survival_figure
from vistab.report.figures.svg import circle, figure, line, path, rect, spread, text
from vistab.report.words import SHARES, TickText, facts, number, percent, short_names

Details = Mapping[str, Any]
SIDES = ("control", "treatment")
LETTER, MOST_LETTERS = 6.2, 16
"""Pixels of a letter of a tick; letters of the first level's name, which stands near the edge."""

BAR = 20.0
"""Pixels from one bar to the next."""


def claim_figures(verdict: Verdict, labels: Mapping[str, str]) -> list[Markup]:
    """The drawings of a verdict: one, or one a control; none where it was not judged."""
    draw = DRAWN.get(verdict.kind, paired_dots)
    rows = control_rows(verdict) or [{}]
    drawn = (draw(verdict, {**verdict.details, **row, **labels}) for row in rows)
    return [drawing for drawing in drawn if drawing is not None]


def _alt(verdict: Verdict, details: Details) -> str:
    label = details.get("label")
    several = len(control_rows(verdict)) > 1
    return f"{verdict.sentence} (against {label})" if several and label else verdict.sentence


def _is_share(verdict: Verdict) -> bool:
    return verdict.unit.startswith(SHARES)


def _value_axis(verdict: Verdict, values: Sequence[float]) -> tuple[tuple[float, float], TickText]:
    """Range and tick text of the measured values: 0 to 100 % for shares."""
    if _is_share(verdict):
        return (0.0, 1.0), percent
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or abs(high) or 1.0
    return (min(low, 0) if low >= 0 else low - room, high + room), number


def paired_dots(verdict: Verdict, details: Details) -> Markup | None:
    """A pair of dots a replicate, control to treatment, joined; the means as bars."""
    area, parts = _dots(verdict, details)
    return figure(_alt(verdict, details), area.width, area.height, *parts) if parts else None


def score(verdict: Verdict, details: Details) -> Markup | None:
    """Paired dots; where only healthy runs are compared, below them the shares that failed."""
    area, parts = _dots(verdict, details)
    failed = details.get("failed")
    if not parts or not failed or _is_share(verdict):
        return paired_dots(verdict, details)
    height = area.height + 2 * BAR + 24
    bars = _failed_bars(area, failed)
    return figure(_alt(verdict, details), area.width, height, *parts, *bars)


def _failed_bars(area: Panel, failed: Mapping[str, float]) -> list[Markup]:
    """A bar a side, its length the share of that side's runs that failed and were left out."""
    x, width = area.x.start, area.x.end - area.x.start - 26  # room for the longer side's label
    parts = [text(2, area.height + 16, "failed runs, left out above", "axis-label")]
    for row, side in enumerate(SIDES):
        y = area.height + 24 + row * BAR
        parts.append(rect(x, y, width, BAR - 6, "cell"))
        parts.append(rect(x, y, width * failed[side], BAR - 6, f"fill-{side}"))
        parts.append(text(x + width + 12, y + 11, f"{side} {percent(failed[side])}", "direct"))
    return parts


def _dots(verdict: Verdict, details: Details) -> tuple[Panel, list[Markup]]:
    """The panel of the paired dots and what is in it; nothing without a pair."""
    pairs = [
        (row["control"], row["treatment"])
        for row in details.get("by_replicate", ())
        if row.get("control") is not None and row.get("treatment") is not None
    ]
    if not pairs:
        return panel((0, 1), (0, 1)), []
    (low, high), ticks = _value_axis(verdict, [value for pair in pairs for value in pair])
    label = f"{details['measured']}, by replicate"
    area = panel((0, len(pairs) - 1), (low, high), height=200, right=88, y_label=label)
    axes, area = area, area.inset(14)
    parts = [
        frame(axes, "replicates, sorted", label, x_ticks=(), y_text=ticks, y_ticks=_shares(verdict))
    ]
    apart = (area.x.end - area.x.start) / max(1, len(pairs) - 1)
    size, by = min(4, max(1.6, apart / 2.5)), min(3, apart / 4)
    for k, (control, treatment) in enumerate(sorted(pairs, reverse=True)):
        x = area.x(k)
        parts.append(line(x - by, area.y(control), x + by, area.y(treatment), "pair"))
        parts.append(_mark("control", x - by, area.y(control), size))
        parts.append(_mark("treatment", x + by, area.y(treatment), size))
    means = {side: details.get(f"{side}_mean") for side in SIDES}
    return axes, [*parts, *_side_labels(axes, means, verdict)]


def _shares(verdict: Verdict) -> tuple[float, ...] | None:
    return (0, 0.25, 0.5, 0.75, 1) if _is_share(verdict) else None


def _side_labels(area: Panel, means: Mapping[str, float | None], verdict: Verdict) -> list[Markup]:
    """The mean of each side as a bar at the right, with its name and value."""
    known = [(side, mean) for side, mean in means.items() if mean is not None]
    ys = spread([area.y(mean) for _, mean in known], 26)
    said = facts(verdict, [mean for _, mean in known])
    parts = []
    for (side, mean), y, words in zip(known, ys, said, strict=True):
        x = area.x.end + 12
        parts.append(line(x - 2, area.y(mean), x + 8, area.y(mean), f"mean stroke-{side}"))
        parts.append(text(x + 12, y, side, "direct"))
        parts.append(text(x + 12, y + 12, words, "direct strong"))
    return parts


def survival(verdict: Verdict, details: Details) -> Markup | None:
    """Kaplan-Meier curves of both sides."""
    curves = details.get("survival")
    return survival_figure(curves, _alt(verdict, details), details["event"]) if curves else None


def slopes(verdict: Verdict, details: Details) -> Markup | None:
    """Along an axis: each replicate faint, the mean strong with its values."""
    levels, means = details.get("levels"), details.get("level_means")
    if not levels or not means:
        return None
    replicates = details.get("level_by_replicate") or []
    flat = [value for values in [*replicates, means] for value in values]
    (low, high), ticks = _value_axis(verdict, flat)
    area = _level_panel(details, (low, high))
    parts = [_level_frame(area, verdict, details, ticks)]
    for values in replicates:
        parts.append(path(_at_levels(area, values), "faint stroke-control"))
    parts.append(path(_at_levels(area, means), "strong stroke-control"))
    said = facts(verdict, means)
    for k, (x, y, _) in enumerate(_points(area, means)):
        parts.append(circle(x, y, 4, "fill-control"))
        anchor = "middle" if k else "start"  # the first stands beside the axis and its ticks
        parts.append(text(x, y - 9, said[k], "direct strong halo", anchor))
    return figure(_alt(verdict, details), area.width, area.height, *parts)


def two_slopes(verdict: Verdict, details: Details) -> Markup | None:
    """Both sides along the levels; the gaps between them are what is compared."""
    levels, means = details.get("levels"), details.get("means")
    if not levels or not means:
        return None
    flat = [value for values in means.values() for value in values]
    (low, high), ticks = _value_axis(verdict, flat)
    area = _level_panel(details, (low, high), right=84)
    parts = [_level_frame(area, verdict, details, ticks)]
    for (x, above, _), (_, below, _) in zip(
        _points(area, means["control"]), _points(area, means["treatment"]), strict=True
    ):
        parts.append(line(x, above, x, below, "pair"))
    ends = spread([area.y(means[side][-1]) for side in SIDES], 26)
    said = facts(verdict, [means[side][-1] for side in SIDES])
    for side, end, words in zip(SIDES, ends, said, strict=True):
        parts.append(path(_at_levels(area, means[side]), f"strong stroke-{side}"))
        parts += [_mark(side, x, y) for x, y, _ in _points(area, means[side])]
        parts.append(text(area.x.end + 20, end - 2, side, "direct"))
        parts.append(text(area.x.end + 20, end + 10, words, "direct strong"))
    return figure(_alt(verdict, details), area.width, area.height, *parts)


def _mark(side: str, x: float, y: float, size: float = 4) -> Markup:
    """Control is a square and treatment a disc everywhere: never colour alone."""
    if side == "control":
        half = 0.875 * size
        return rect(x - half, y - half, 2 * half, 2 * half, "fill-control")
    return circle(x, y, size, "fill-treatment")


def _level_panel(details: Details, y: tuple[float, float], right: float = 40) -> Panel:
    span, label = (0, max(len(details["levels"]) - 1, 1)), details["measured"]
    above = panel(span, y, height=212, right=right, top=34, y_label=label)  # means above the line
    return above.inset(18)


def _level_frame(area: Panel, verdict: Verdict, details: Details, ticks: TickText) -> Markup:
    apart = (area.x.end - area.x.start) / max(len(details["levels"]) - 1, 1)
    levels = short_names(details["levels"], min(apart / LETTER, MOST_LETTERS))
    return frame(
        area,
        details["axis"],
        details["measured"],
        y_text=ticks,
        y_ticks=_shares(verdict),
        x_ticks=range(len(levels)),
        x_text=lambda k: levels[int(k)],
    )


def _at_levels(area: Panel, values: Sequence[float]) -> list[tuple[float, float]]:
    return [(x, y) for x, y, _ in _points(area, values)]


def _points(area: Panel, values: Sequence[float]) -> list[tuple[float, float, float]]:
    return [(area.x(k), area.y(value), value) for k, value in enumerate(values)]


def healthy_strips(verdict: Verdict, details: Details) -> Markup | None:
    """Share of healthy runs along the axis, a strip a side, and the mean longest stretch."""
    levels, healthy = details.get("levels"), details.get("healthy")
    if not levels or not healthy:
        return None
    lengths = details.get("mean_length") or {}
    left, width, tall = 92.0, 320.0, 40.0
    cell = (width - left) / len(levels)
    names = short_names(levels, cell / LETTER)
    parts = [text(left, 11, f"healthy runs by {details['axis']}", "axis-label")]
    for row, side in enumerate(("treatment", "control")):
        top = 20 + row * (tall + 22)
        parts.append(text(0, top + 17, side, "direct"))
        if lengths.get(side) is not None:
            parts.append(
                text(0, top + 31, f"{facts(verdict, [lengths[side]])[0]} values", "direct strong")
            )
        for k, share in enumerate(healthy[side]):
            x = left + k * cell
            parts.append(rect(x + 1, top, cell - 2, tall, "cell"))
            parts.append(
                rect(x + 1, top + tall * (1 - share), cell - 2, tall * share, "pale-healthy")
            )
            parts.append(text(x + cell / 2, top + tall / 2 + 4, percent(share), "direct", "middle"))
            parts.append(text(x + cell / 2, top + tall + 13, names[k], "tick", "middle"))
    return figure(_alt(verdict, details), width, 20 + 2 * (tall + 22), *parts)


def zero_line(verdict: Verdict, details: Details) -> Markup | None:
    """The largest difference found, on a line that starts at exactly 0."""
    largest = details.get("largest_difference")
    if largest is None:
        return None
    area = panel((0, largest or 1), (0, 1), height=84, right=40)
    at = area.x(largest)
    words = "0: every bit is equal" if largest == 0 else f"largest: {number(largest)}"
    parts = [
        line(area.x.start, 40, area.x.end, 40, "rule"),
        line(area.x.start, 30, area.x.start, 50, "zero"),
        circle(at, 40, 6, f"dot v-{verdict.verdict}"),
        text(max(at, 38), 22, words, "direct strong", "start" if largest == 0 else "end"),
        text(area.x.start, 66, "exactly 0", "tick", "middle"),
        text(area.x.end, 66, "different", "tick", "end"),
    ]
    return figure(_alt(verdict, details), area.width, area.height, *parts)


DRAWN: dict[str, Callable[[Verdict, Details], Markup | None]] = {
    "score": score,
    "onset": survival,
    "trend": slopes,
    "interaction": two_slopes,
    "stable_region": healthy_strips,
    "identical": zero_line,
}
"""How a kind is drawn; all others are paired dots."""
