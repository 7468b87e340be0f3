"""The few SVG primitives that every figure is drawn with.

Written by hand rather than with matplotlib or seaborn for three reasons: colours are CSS variables,
so one drawing serves light, dark and paper; each panel is 10 to 50 times lighter, which keeps 800
runs in one small file; and panels are HTML blocks that reflow on a phone, text staying text of its
size. Coordinates are pixels of the panel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

Point = tuple[float, float]


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element; `class_` is class, `stroke_width` stroke-width; None attributes are left out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _text(value))
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inner)


def _text(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def figure(alt: str, width: float, height: float, *children: object, class_: str = "") -> Markup:
    """An SVG of this size at most, shrinking with its column; `alt` states the finding."""
    return tag(
        "svg",
        *children,
        class_=f"figure {class_}".strip(),
        viewBox=f"0 0 {width:g} {height:g}",
        style=f"max-width:{width:g}px",
        role="img",
        aria_label=alt,
    )


def text(x: float, y: float, words: object, class_: str = "", anchor: str | None = None) -> Markup:
    """Text at its baseline; `anchor` is start (default), middle or end."""
    return tag("text", words, x=x, y=y, class_=class_ or None, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str = "rule") -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str, **more: object) -> Markup:
    """A rectangle."""
    return tag("rect", x=x, y=y, width=width, height=height, class_=class_, **more)


def circle(x: float, y: float, radius: float, class_: str, **more: object) -> Markup:
    """A dot."""
    return tag("circle", cx=x, cy=y, r=radius, class_=class_, **more)


def path(points: Iterable[Point], class_: str | None = None, digits: int = 1) -> Markup:
    """A polyline through the finite points; a point that is not finite breaks it."""
    return tag("path", d=polyline(points, digits), class_=class_)


def polyline(points: Iterable[Point], digits: int = 1) -> str:
    """Path data through the points; pens lift over points that are not finite."""
    commands, pen = [], "M"
    for x, y in points:
        if not (math.isfinite(x) and math.isfinite(y)):
            pen = "M"
            continue
        commands.append(f"{pen}{round(x, digits):g} {round(y, digits):g}")
        pen = "L"
    return "".join(commands)


def steps(xs: Sequence[float], ys: Sequence[float]) -> list[Point]:
    """The corners of a right-continuous step function, as survival curves are drawn."""
    corners: list[Point] = []
    for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if k:
            corners.append((x, ys[k - 1]))
        corners.append((x, y))
    return corners


def band(upper: Sequence[Point], lower: Sequence[Point], class_: str) -> Markup:
    """The area between two lines."""
    around = [*upper, *reversed(lower)]
    return tag("path", d=polyline(around) + "Z", class_=class_)


def dots(points: Iterable[Point], class_: str) -> Markup:
    """Many small dots as ONE path of zero-length strokes: six bytes a dot, not sixty."""
    drawn = (f"M{x:.0f} {y:.0f}h0" for x, y in points if math.isfinite(x) and math.isfinite(y))
    return tag("path", d="".join(drawn), class_=class_)


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """The positions moved apart to at least `gap`, in their order: labels that never collide."""
    order = sorted(range(len(positions)), key=lambda k: positions[k])
    moved = list(positions)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    excess = (moved[order[-1]] - positions[order[-1]]) / 2 if order else 0
    return [position - excess for position in moved]
