"""The frame that all panels with two axes share: few ticks, light rules, units on the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap

from markupsafe import Markup

from vistab.report.figures.scale import Scale
from vistab.report.figures.svg import line, tag, text
from vistab.report.words import TickText, number

LETTER, LINE = 6.2, 13.0
"""Pixels of a letter of a label, and of a line of it."""

EDGE = 2.0
"""Room for the stroke of a line that runs along the end of an axis."""


@dataclass(frozen=True)
class Panel:
    """A plotting area: its scales (y upside down, as SVG wants) and its outer size in pixels."""

    x: Scale
    y: Scale
    width: float
    height: float

    def inset(self, by: float) -> Panel:
        """The same panel with `by` pixels of room at both ends of x."""
        return replace(self, x=replace(self.x, start=self.x.start + by, end=self.x.end - by))


def panel(
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    width: float = 320,
    height: float = 190,
    right: float = 70,
    top: float = 22,
    y_label: str = "",
    log_x: bool = False,
    log_y: bool = False,
) -> Panel:
    """A panel for these value ranges; `right` leaves room for direct labels.

    It grows upwards by the lines that `y_label` takes beyond the first.
    """
    more = LINE * (len(label_lines(y_label, width)) - 1)
    height, top = height + more, top + more
    return Panel(
        Scale(*x, 38, width - right, log_x),
        Scale(*y, height - 34, top, log_y),
        width,
        height,
    )


def label_lines(label: str, width: float) -> list[str]:
    """A label as the lines that fit into a panel of this width; one at least."""
    return wrap(label, int(width / LETTER)) or [""]


def frame(
    area: Panel,
    x_label: str,
    y_label: str,
    *,
    x_text: TickText = number,
    y_text: TickText = number,
    x_ticks: Sequence[float] | None = None,
    y_ticks: Sequence[float] | None = None,
) -> Markup:
    """Axes: ticks with their values, one light rule a y tick, both labels."""
    bottom = area.y.start
    lines = enumerate(label_lines(y_label, area.width))
    parts = [text(2, 11 + LINE * k, words, "axis-label") for k, words in lines]
    for value in area.y.ticks(4) if y_ticks is None else y_ticks:
        parts.append(line(area.x.start, area.y(value), area.x.end, area.y(value), "grid"))
        parts.append(text(area.x.start - 5, area.y(value) + 3.5, y_text(value), "tick", "end"))
    for value in area.x.ticks(4) if x_ticks is None else x_ticks:
        parts.append(line(area.x(value), bottom, area.x(value), bottom + 4, "rule"))
        parts.append(text(area.x(value), bottom + 15, x_text(value), "tick", "middle"))
    parts.append(line(area.x.start, bottom, area.x.end, bottom, "rule"))
    middle = (area.x.start + area.x.end) / 2
    parts.append(text(middle, bottom + 30, x_label, "axis-label", "middle"))
    return Markup("").join(parts)


def cut_off(area: Panel, drawn: Sequence[Markup]) -> Markup:
    """The drawings as far as they lie within the axes: an SVG inside the SVG, which clips."""
    left, top = area.x.start, area.y.end - EDGE
    width, height = area.x.end - left + EDGE, area.y.start - top + EDGE
    box = f"{left:g} {top:g} {width:g} {height:g}"
    return tag("svg", *drawn, x=left, y=top, width=width, height=height, viewBox=box)
