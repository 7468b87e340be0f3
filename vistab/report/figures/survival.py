"""Kaplan-Meier curves of two sides, with their bands and direct labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from vistab.report.figures.panel import Panel, frame, panel
from vistab.report.figures.svg import Point, band, figure, path, spread, steps, text
from vistab.report.words import percent

Curve = Mapping[str, Sequence[float]]


def survival_figure(
    curves: Mapping[str, Curve], alt: str, event: str, *, width: float = 340, height: float = 200
) -> Markup:
    """Share of runs without the event yet, over rounds; bands are 95 % of each curve by itself."""
    last = max(curve["rounds"][-1] for curve in curves.values())
    area = panel((0, last), (0, 1), width=width, height=height, right=84)
    parts: list[Any] = [frame(area, "round", f"runs {event}", y_text=percent, y_ticks=(0, 0.5, 1))]
    for side in ("control", "treatment"):
        curve = curves[side]
        if curve.get("low") and curve.get("high"):
            high, low = _steps(area, curve, "high", last), _steps(area, curve, "low", last)
            parts.append(band(high, low, f"band fill-{side}"))
        parts.append(path(_steps(area, curve, "survival", last), f"strong stroke-{side}"))
    sides = ("control", "treatment")
    ends = spread([area.y(curves[side]["survival"][-1]) for side in sides], 26)
    below = max(0.0, max(ends) + 11 - area.y.start)  # the last tick of x stands there
    ends = [end - below for end in ends]
    for side, end in zip(sides, ends, strict=True):
        parts.append(text(area.x.end + 7, end - 1, side, "direct"))
        share = curves[side]["survival"][-1]
        parts.append(text(area.x.end + 7, end + 11, percent(share), "direct strong"))
    return figure(alt, width, height, *parts)


def _steps(area: Panel, curve: Curve, key: str, last: float) -> list[Point]:
    """The corners of the curve, drawn on to the last round of either side."""
    rounds, values = [*curve["rounds"]], [*curve[key]]
    if rounds[-1] < last:
        rounds, values = [*rounds, last], [*values, values[-1]]
    known = [(r, v) for r, v in zip(rounds, values, strict=True) if v is not None]
    corners = steps([r for r, _ in known], [v for _, v in known])
    return [(area.x(x), area.y(y)) for x, y in corners]
