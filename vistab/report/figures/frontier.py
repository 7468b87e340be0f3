"""Bisections over one axis: every value tried, the bracket they end in, and its interval."""

from __future__ import annotations

from markupsafe import Markup

from vistab.analysis.search import Frontier
from vistab.analysis.stats.frontier import Point as Tried
from vistab.report.figures.panel import Panel, frame
from vistab.report.figures.scale import Scale
from vistab.report.figures.svg import circle, figure, line, rect, tag, text
from vistab.report.view.search import FrontierView
from vistab.report.words import assignment_name, axis_name, percent, setting_name, short_names

End = float | None

MOST_LETTERS = 60
"""Of a bisection's title, so that it ends within the figure."""

WIDTH, LEFT, RIGHT = 400.0, 104.0, 52.0
TITLE, STEP, BAR, APART = 20.0, 16.0, 20.0, 14.0
"""Heights of a bisection's title, of a step, of the bracket or the interval, and of the gap."""


def frontier_figure(view: FrontierView, level: str) -> Markup:
    """A block a bisection: a line a step, then the bracket and the interval of `level`."""
    heights = [TITLE + STEP * len(row.points) + 2 * BAR + APART for row in view.rows]
    x = Scale(view.along.low, view.along.high, LEFT, WIDTH - RIGHT, view.along.log)
    area = Panel(x, Scale(0, 1, sum(heights), 0), WIDTH, sum(heights) + 36)
    name = axis_name(view.along.path)
    label = f"{name} (log scale)" if view.along.log else name
    parts = [line(x(tick), 0, x(tick), area.y.start, "grid") for tick in x.ticks(4)]
    parts.append(frame(area, label, "", y_ticks=()))
    top = 0.0
    for row, height in zip(view.rows, heights, strict=True):
        parts += _block(row, x, view.rate, level, top)
        top += height
    told = "; ".join(_finding(row, level) for row in view.rows)
    alt = f"Largest {name} at which at most {percent(view.rate)} of runs fail. {told}."
    return figure(alt, area.width, area.height, *parts)


def tried_mark(stable: bool) -> Markup:
    """The mark of a stable or an unstable value for a key in the text."""
    shown = _mark(9, 9, stable)
    return tag("svg", shown, width=18, height=18, aria_hidden="true", class_="key")


def bracket_ends(row: Frontier) -> tuple[End, End]:
    """The largest stable and the smallest unstable value."""
    return row.bracket.stable, row.bracket.unstable


def interval_words(row: Frontier) -> str:
    """`0.002 to 0.011`, or which end was not found."""
    low, high = row.interval
    if low is None and high is None:
        return "no end found"
    if high is None:
        return f"at least {setting_name(low)}; no upper end found"
    if low is None:
        return f"at most {setting_name(high)}; no lower end found"
    return f"{setting_name(low)} to {setting_name(high)}"


def _finding(row: Frontier, level: str) -> str:
    stable, unstable = (
        "none found" if end is None else setting_name(end) for end in bracket_ends(row)
    )
    of = f"{assignment_name(row.of)}: " if row.of else ""
    return (
        f"{of}largest stable {stable}, smallest unstable {unstable}, "
        f"{level} interval {interval_words(row)}"
    )


def _block(row: Frontier, x: Scale, rate: float, level: str, top: float) -> list[Markup]:
    y = top + TITLE
    (name,) = short_names([assignment_name(row.of) or "all runs"], MOST_LETTERS)
    parts = [text(0, top + 14, name, "direct strong halo")]
    for point in row.points:
        parts += _tried(point, x(point.value), y + STEP / 2, rate)
        y += STEP
    parts += _span(x, bracket_ends(row), y + BAR / 2, "bracket", "bracket")
    parts += _span(x, row.interval, y + 1.5 * BAR, f"{level} interval", "interval")
    return parts


def _tried(point: Tried, x: float, y: float, rate: float) -> list[Markup]:
    return [
        _mark(x, y, point.failed / point.n <= rate),
        text(x + 10, y + 4, f"{point.failed}/{point.n}", "direct halo"),
    ]


def _mark(x: float, y: float, stable: bool) -> Markup:
    """Filled if stable, hollow if not."""
    return circle(x, y, 5, "stable" if stable else "unstable")


def _span(x: Scale, ends: tuple[End, End], y: float, name: str, class_: str) -> list[Markup]:
    """From one end to the other, each with its value; an end that was not found is an arrow."""
    low, high = ends
    left, right = x.start if low is None else x(low), x.end if high is None else x(high)
    half = 3.5 if class_ == "bracket" else 0.8
    return [
        text(0, y + 4, name, "tick"),
        rect(left, y - half, max(right - left, 1.0), 2 * half, f"span {class_}"),
        _end(low, left, y, -1),
        _end(high, right, y, 1),
    ]


def _end(value: End, at: float, y: float, way: int) -> Markup:
    """An end's value outside of it (`way`: -1 to the left), or an arrow."""
    anchor = "start" if way > 0 else "end"
    if value is None:
        return text(at - 2 * way, y + 4, "\u25b8" if way > 0 else "\u25c2", "arrow", anchor)
    return text(at + 5 * way, y + 4, setting_name(value), "direct halo", anchor)
