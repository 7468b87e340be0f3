"""A sampler's suggestions: one by one, against each other, and over what was searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from markupsafe import Markup

from vistab.plan.trials import Told
from vistab.report.figures.labels import Box, along, labels
from vistab.report.figures.panel import Panel, frame, panel
from vistab.report.figures.scale import Scale
from vistab.report.figures.svg import Point, circle, figure, path, steps, tag
from vistab.report.view.search_sampler import SamplerView, Suggestion
from vistab.report.view.search_space import Dimension
from vistab.report.words import axis_name, number, percent, setting_name

SHARES = (0, 0.25, 0.5, 0.75, 1)
CLASSES = {
    "none": "no run failed",
    "half": "at most half failed",
    "most": "more than half failed",
    "all": "all failed",
}
"""Classes of the failure rate, each with a shape and colour of its own."""

ROOM = 0.04
"""How far an axis reaches beyond its range, as a share of it."""

OUTLINES = {
    "none": "M-5 0a5 5 0 1 1 10 0a5 5 0 1 1-10 0Z",
    "half": "M0-6.5L6.5 0 0 6.5-6.5 0Z",
    "most": "M0-6L6 5H-6Z",
    "all": "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5",
}
"""Outlines around (0, 0)."""

MEASURED: dict[str, tuple[str, Callable[[Told], float], Callable[[float, float], float]]] = {
    "failure_rate": ("failed runs", lambda told: told.failure_rate, min),
    "coverage": ("coverage of the modes at the end", lambda told: told.coverage, max),
}
"""Of each objective its name, its value, and which of two values is the better."""


def failure_class(told: Told) -> str:
    """The class of a suggestion's failure rate."""
    if told.failed in (0, told.n):
        return "none" if told.failed == 0 else "all"
    return "half" if told.failure_rate <= 0.5 else "most"


def class_mark(name: str) -> Markup:
    """A class's shape for a key in the text."""
    return tag("svg", _mark(name, (9, 9)), width=18, height=18, aria_hidden="true", class_="key")


def objective_figure(view: SamplerView) -> Markup:
    """The objective by suggestion, or two objectives against each other."""
    return pareto_figure(view) if len(view.objectives) > 1 else progress_figure(view)


def progress_figure(view: SamplerView) -> Markup:
    """The objective of every suggestion in order, and the best so far as a step line."""
    name, value, better = MEASURED[view.objectives[0]]
    tried = view.suggestions
    order = Dimension("", 0, max(view.planned - 1, 1), log=False)
    area = _area(order)
    best = list(accumulate((value(one.told) for one in tried), better))
    line = [(area.x(x), area.y(y)) for x, y in steps([one.number for one in tried], best)]
    places = [(area.x(one.number), area.y(value(one.told))) for one in tried]
    first = next(one for one, at in zip(tried, best, strict=True) if at == best[-1])
    alt = (
        f"{name.capitalize()} by suggestion: the best so far goes from {percent(best[0])} at the "
        f"first to {percent(best[-1])} at no. {first.number}, of {len(tried)}."
    )
    axes = frame(
        area,
        "number of the suggestion",
        f"{name}; the line is the best so far",
        y_text=percent,
        y_ticks=SHARES,
        x_ticks=[tick for tick in _ticks(order) if tick == int(tick)],
    )
    return _drawn(alt, area, axes, tried, places, line)


def pareto_figure(view: SamplerView) -> Markup:
    """Failure rate against coverage, and the Pareto front as a step line."""
    tried = view.suggestions
    area = _area(None)
    front = sorted((one.told.failure_rate, one.told.coverage) for one in tried if one.front)
    (start, _), (_, top) = front[0], front[-1]
    edge = [(start, 0.0), *steps([x for x, _ in front] + [1.0], [y for _, y in front] + [top])]
    line = [(area.x(x), area.y(y)) for x, y in edge]
    places = [(area.x(one.told.failure_rate), area.y(one.told.coverage)) for one in tried]
    members = "; ".join(
        f"{one.name or f'no. {one.number}'} with {percent(one.told.failure_rate)} failed and "
        f"coverage {percent(one.told.coverage)}"
        for one in tried
        if one.front
    )
    axes = frame(
        area,
        "failed runs (fewer is better)",
        "coverage of the modes at the end (more is better)",
        x_text=percent,
        x_ticks=SHARES,
        y_text=percent,
        y_ticks=SHARES,
    )
    alt = f"Pareto front of {len(tried)} suggestions: {members}."
    return _drawn(alt, area, axes, tried, places, line, front=True)


def plane_figure(view: SamplerView) -> Markup:
    """The suggestions over the two dimensions, or over one and their failure rate."""
    tried, (x, *rest) = view.suggestions, view.plane
    if rest:
        (y,) = rest
        area = _area(x, y)
        places = [(area.x(_at(one, x)), area.y(_at(one, y))) for one in tried]
        y_axis: dict[str, Any] = {"y_text": number, "y_ticks": _ticks(y)}
        y_label = _named(y)
    else:
        area = _area(x)
        places = [(area.x(_at(one, x)), area.y(one.told.failure_rate)) for one in tried]
        y_axis, y_label = {"y_text": percent, "y_ticks": SHARES}, "failed runs"
    axes = frame(area, _named(x), y_label, x_ticks=_ticks(x), **y_axis)
    return _drawn(_where(view), area, axes, tried, places)


def _named(one: Dimension) -> str:
    return axis_name(one.path) + (" (log scale)" if one.log else "")


def _where(view: SamplerView) -> str:
    """Where the suggestions lie that failed least."""
    least = min(one.told.failure_rate for one in view.suggestions)
    best = [one for one in view.suggestions if one.told.failure_rate == least]
    spans = []
    for dimension in view.plane:
        low, *_, high = sorted([_at(one, dimension) for one in best] * 2)
        span = setting_name(low) if low == high else f"{setting_name(low)} to {setting_name(high)}"
        spans.append(f"{axis_name(dimension.path)} {span}")
    return (
        f"Fewest runs failed ({percent(least)}) in {len(best)} of {len(view.suggestions)} "
        f"suggestions, at {' and '.join(spans)}."
    )


def _at(one: Suggestion, along: Dimension) -> float:
    return float(one.assignment[along.path])


def _area(x: Dimension | None, y: Dimension | None = None) -> Panel:
    """A panel for two dimensions (None: shares), with room for marks at the ends of both."""
    return panel(
        _roomy(x),
        _roomy(y),
        width=400,
        height=260,
        right=8,
        log_x=x is not None and x.log,
        log_y=y is not None and y.log,
    )


def _roomy(one: Dimension | None) -> tuple[float, float]:
    if one is None:
        return -ROOM, 1 + ROOM
    if one.log:
        factor = (one.high / one.low) ** ROOM
        return one.low / factor, one.high * factor
    by = ROOM * (one.high - one.low)
    return one.low - by, one.high + by


def _ticks(one: Dimension) -> Sequence[float]:
    return one.values or Scale(one.low, one.high, 0, 1, one.log).ticks(4)


def _drawn(
    alt: str,
    area: Panel,
    axes: Markup,
    tried: Sequence[Suggestion],
    places: Sequence[Point],
    line: Sequence[Point] = (),
    *,
    front: bool = False,
) -> Markup:
    """The line, then the marks: confirmed ones outlined and labelled; `front`: its members too."""
    marks = [
        _mark(failure_class(one.told), place) for one, place in zip(tried, places, strict=True)
    ]
    named: dict[Point, list[str]] = {}
    for one, place in zip(tried, places, strict=True):
        if one.name or (front and one.front):
            named.setdefault(place, []).append(one.name or f"no. {one.number}")
    rings = [
        circle(*place, 9, "winner") for one, place in zip(tried, places, strict=True) if one.name
    ]
    within = Box(area.x.start, area.y.end - 6, area.width, area.y.start)
    words = [(place, ", ".join(names)) for place, names in named.items()]
    told = labels(words, [*places, *along(line)], within)
    drawn = (axes, path(line, "front"), *marks, *rings, *told)
    return figure(alt, area.width, area.height, *drawn)


def _mark(name: str, place: Point) -> Markup:
    x, y = place
    where = f"translate({x:.1f} {y:.1f})"
    return tag("path", d=OUTLINES[name], transform=where, class_=f"tried f-{name}")
