"""Curves over rounds: all replicates faint, the median strong; or the median in a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup

from vistab.report.figures.panel import Panel, cut_off, frame, panel
from vistab.report.figures.svg import band, figure, line, path, spread, tag, text
from vistab.report.view.happened import CurvePanel, Floats, Series
from vistab.report.view.metrics import MetricCurves
from vistab.report.words import TickText, metric_unit, number, percent
from vistab.spec.metrics import Metric

MOST_LINES = 60
FEWER_LINES = 20
"""Runs drawn faint on one side of a panel of coverage, and of another metric; of more, evenly
spaced ones. Medians are of all."""

LOG_FROM = 10
"""Errors get a log axis if the largest is so many times the smallest."""


def coverage_figure(curves: CurvePanel, last: float) -> Markup:
    """Coverage of one panel over rounds 0 to `last`: runs faint, the medians labelled."""
    label = "coverage of the modes"
    area = _run_panel(curves, last, (0, 1), label)
    axes = frame(area, "round", label, y_text=percent, y_ticks=(0, 0.5, 1))
    return _run_curves(curves, area, axes, percent, MOST_LINES)


def metric_figures(curves: MetricCurves, last: float) -> list[Markup]:
    """The same of a metric, a figure a panel, on the axis that `metric_axis` gives.

    Panels of one target share it. What a perfect sampler has, if known, is a dashed line.
    """
    if curves.comparable:
        axes = [_axis(curves, curves.panels)] * len(curves.panels)
    else:
        axes = [_axis(curves, [one]) for one in curves.panels]
    pairs = zip(curves.panels, axes, strict=True)
    return [_metric_figure(curves, one, last, axis) for one, axis in pairs]


Axis = tuple[float, float, bool]
"""From, to, and whether it is a log axis."""


def _axis(curves: MetricCurves, panels: Sequence[CurvePanel]) -> Axis:
    values = [series.values for one in panels for series in one.series]
    return metric_axis(curves.metric, values, curves.perfect)


def _metric_figure(curves: MetricCurves, one: CurvePanel, last: float, axis: Axis) -> Markup:
    low, high, log = axis
    better = f"{curves.metric.better} is better"
    told = (metric_unit(curves.name), better, "log scale" if log else "")
    label = ", ".join(filter(None, told))
    area = _run_panel(one, last, (low, high), label, log=log)
    axes = frame(area, "round", label, y_text=_told_apart(area))
    axes += Markup("") if curves.perfect is None else _perfect(area, curves.perfect)
    return _run_curves(one, area, axes, number, FEWER_LINES)


def _perfect(area: Panel, value: float) -> Markup:
    """A dashed line across, named at its beginning, where curves have not come near it yet."""
    y = _inside(area, value)
    above = y - area.y.end > 14  # or there is no room
    name = text(area.x.start + 4, y - 5 if above else y + 13, "real images", "direct halo")
    return line(area.x.start, y, area.x.end, y, "margin") + name


def _run_panel(
    curves: CurvePanel, last: float, y: tuple[float, float], label: str, *, log: bool = False
) -> Panel:
    longest = max(len(series.short) for series in curves.series)
    right = max(52, 14 + 7.5 * longest)
    return panel((0, last), y, width=320, height=190, right=right, log_y=log, y_label=label)


def metric_axis(metric: Metric, values: Sequence[Floats], perfect: float | None = None) -> Axis:
    """The range of a metric's axis, and whether it is a log axis.

    From 0 to its bound for a metric that has one. Errors, which are to fall towards 0 but may be
    off by orders of magnitude, on a log axis if they are. Else what all but the worst tenth span:
    the first rounds are there. What a perfect sampler has, if known, is always on the axis.
    """
    known = np.concatenate([one[np.isfinite(one)] for one in values])
    if metric.most is not None or not len(known):
        return 0.0, metric.most or 1.0, False
    ends = [float(known.min()), float(known.max()), *([] if perfect is None else [perfect])]
    log = metric.better == "lower" and min(ends) > 0 and max(ends) >= LOG_FROM * min(ends)
    worst, best = (0.1, 1.0) if metric.better == "higher" else (0.9, 0.0)
    inner = [float(np.quantile(known, q)) for q in (worst, best)] + ends[2:]
    low, high = min(inner), max(inner)
    if log:
        return low / 1.1, high * 1.1, True
    room = 0.05 * (high - low) or 0.5
    return (0.0 if min(ends) >= 0 else low - room), high + room, False


def _run_curves(
    curves: CurvePanel, area: Panel, axes: Markup, words: TickText, most: int
) -> Markup:
    """Runs faint, medians strong and labelled; what is off the axis is cut off."""
    lines: list[Markup] = []
    for series in curves.series:
        some = series.values[:: -(-len(series.values) // most)]
        faint = (path(_at(area, series.rounds, run), digits=0) for run in some)
        lines.append(tag("g", *faint, class_=f"faint stroke-{series.side}"))
    lines += [_median(area, series) for series in curves.series]
    labels = _end_labels(area, curves.series)
    alt = _finding(curves, words)
    return figure(alt, area.width, area.height, axes, cut_off(area, lines), *labels)


def _at(area: Panel, rounds: Floats, values: Floats) -> list[tuple[float, float]]:
    return [(area.x(x), area.y(y)) for x, y in zip(rounds.tolist(), values.tolist(), strict=True)]


def _median(area: Panel, series: Series) -> Markup:
    return path(_at(area, series.rounds, series.median), f"strong stroke-{series.side}")


def _end_labels(area: Panel, series: Sequence[Series]) -> list[Markup]:
    """The short label of each at the end of its median, wherever that is: `0` and `5`."""
    ends = [(one, *_end(one)) for one in series]
    known = [end for end in ends if math.isfinite(end[2])]
    ys = spread([_inside(area, value) for *_, value in known], 13)
    above = min(0.0, area.y.start - max(ys, default=0.0))  # the ticks of x, which are below
    return [
        text(area.x(at) + 6, y + above + 4, one.short, f"direct strong halo ink-{one.side}")
        for (one, at, _), y in zip(known, ys, strict=True)
    ]


def _end(series: Series) -> tuple[float, float]:
    """The last round at which some run has a value, and the median there; NaN without one."""
    known = np.flatnonzero(np.isfinite(series.median))
    if not len(known):
        return math.nan, math.nan
    return float(series.rounds[known[-1]]), float(series.median[known[-1]])


def _inside(area: Panel, value: float) -> float:
    low, high = sorted((area.y.start, area.y.end))
    at = area.y(value)
    return min(max(at, low), high) if math.isfinite(at) else high


def _finding(curves: CurvePanel, words: TickText) -> str:
    ends = [(one.label, _end(one)[1]) for one in curves.series]
    told = ", ".join(f"{label} ends at {words(end)}" for label, end in ends if math.isfinite(end))
    return f"{curves.title or 'All runs'}: the median run {told or 'has no value'}"


def signal_figure(curves: CurvePanel) -> Markup:
    """Median and the middle 80 % of the runs of each side."""
    log = curves.log
    bands = [(one.low, one.median, one.high) for one in curves.series]
    known = np.concatenate([values for lines in bands for values in lines])
    known = known[np.isfinite(known) & ((known > 0) | (not log))]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.1, 1.0)
    low, high = (low, high) if log else (min(low, 0.0), high)
    last = max(float(one.rounds[-1]) for one in curves.series)
    area = panel((0, last), (low, high if high > low else low + 1), right=16, log_y=log)
    parts: list[Any] = [frame(area, "round", "log scale" if log else "", y_text=_told_apart(area))]
    shade = "band" if len(bands) < 3 else "band crowd"
    for one, (bottom, middle, top) in zip(curves.series, bands, strict=True):
        kept = np.isfinite(bottom) & np.isfinite(top) & ((bottom > 0) | (not log))
        rounds = one.rounds[kept]
        upper, lower = _at(area, rounds, top[kept]), _at(area, rounds, bottom[kept])
        parts.append(band(upper, lower, f"{shade} fill-{one.side}"))
        parts.append(path(_at(area, one.rounds, middle), f"strong stroke-{one.side}"))
    told = ", ".join(f"{one.label} {number(_end(one)[1])}" for one in curves.series)
    return figure(f"{curves.title}, median at the end: {told}", area.width, area.height, *parts)


def _told_apart(area: Panel) -> TickText:
    """The ticks of y in as few digits, two or more, as tell them apart."""
    ticks = area.y.ticks(4)
    digits = (d for d in range(2, 12) if len({number(tick, d) for tick in ticks}) == len(ticks))
    return partial(number, digits=next(digits, 12))


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
