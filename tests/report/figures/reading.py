"""A drawing as its reader sees it: marks read off the ticks that the drawing itself bears.

Nothing here knows how a figure places things. A mark's value is found from where the labelled
ticks stand, so a test that compares it with the data fails whenever figure and data disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import numpy as np

Point = tuple[float, float]


def parsed(drawing: object) -> ElementTree.Element:
    """The root of a drawing."""
    return ElementTree.fromstring(str(drawing))


def value_of(label: str) -> float:
    """The number that a tick's label says: `50 %`, `1,200`, a true minus sign."""
    plain = label.replace("\u2212", "-").replace(",", "")
    share = plain.endswith("%")
    return float(plain.rstrip("% \u00a0")) / (100 if share else 1)


def at(node: ElementTree.Element, name: str) -> float:
    """A coordinate of an element, percent signs dropped."""
    return float(node.get(name, "nan").rstrip("%"))


def classes(node: ElementTree.Element) -> set[str]:
    """The classes of an element."""
    return set((node.get("class") or "").split())


def corners(node: ElementTree.Element) -> list[Point]:
    """The points that a path goes through."""
    return [
        (float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", node.get("d", ""))
    ]


def fitted(ticks: Sequence[tuple[float, str]], log: bool) -> Callable[[float], float]:
    """From pixels to values, through labelled ticks, which must all agree."""
    pixels = np.array([pixel for pixel, _ in ticks])
    values = np.array([value_of(label) for _, label in ticks])
    values = np.log10(values) if log else values
    slope, start = np.polyfit(pixels, values, 1)
    span = values.max() - values.min()
    assert np.abs(slope * pixels + start - values).max() <= 0.01 * span, "ticks disagree"
    return lambda pixel: float(10 ** (slope * pixel + start) if log else slope * pixel + start)


class Reading:
    """One drawing with a frame of axes; its marks in the units of these axes."""

    def __init__(self, drawing: object, *, log_x: bool = False, log_y: bool = False) -> None:
        """Find the ticks; an axis with fewer than two numbers cannot be read."""
        self.root = parsed(drawing)
        ticks = [node for node in self.root.iter("text") if "tick" in classes(node)]
        self.x_ticks = [
            (self._rule_of(node, "x"), str(node.text))
            for node in ticks
            if node.get("text-anchor") == "middle"
        ]
        self.y_ticks = [
            (self._rule_of(node, "y"), str(node.text))
            for node in ticks
            if node.get("text-anchor") == "end"
        ]
        self.log_x, self.log_y = log_x, log_y

    def _rule_of(self, label: ElementTree.Element, way: str) -> float:
        """Where the rule stands that a tick's label stands beside."""
        across = "y" if way == "x" else "x"
        rules = [
            at(rule, f"{way}1")
            for rule in self.root.iter("line")
            if at(rule, f"{way}1") == at(rule, f"{way}2")
            and at(rule, f"{across}1") != at(rule, f"{across}2")
        ]
        near = min(rules, key=lambda rule: abs(rule - at(label, way)))
        assert abs(near - at(label, way)) <= 5, f"no rule at the label {label.text}"
        return near

    @property
    def x(self) -> Callable[[float], float]:
        """Pixels to values of x."""
        return fitted(self.x_ticks, self.log_x)

    @property
    def y(self) -> Callable[[float], float]:
        """Pixels to values of y."""
        return fitted(self.y_ticks, self.log_y)

    def named_x(self, pixel: float) -> str:
        """The label of the tick that stands at this x."""
        place, label = min(self.x_ticks, key=lambda tick: abs(tick[0] - pixel))
        assert abs(place - pixel) < 1
        return label

    def nodes(self, name: str, *of_class: str) -> list[ElementTree.Element]:
        """All elements of a name that have all of these classes."""
        return [node for node in self.root.iter(name) if set(of_class) <= classes(node)]

    def heights(self, side: str) -> list[float]:
        """The y values of a side's marks: squares are the control, discs the treatment."""
        squares = [(at(n, "x"), at(n, "y") + at(n, "height") / 2) for n in self.nodes("rect")]
        discs = [(at(n, "cx"), at(n, "cy")) for n in self.nodes("circle")]
        by_class = {
            "control": zip(squares, self.nodes("rect"), strict=True),
            "treatment": zip(discs, self.nodes("circle"), strict=True),
        }
        marks = [place for place, node in by_class[side] if f"fill-{side}" in classes(node)]
        return [self.y(y) for _, y in sorted(marks)]

    def lines(self, *of_class: str, inside: str | None = None) -> list[list[Point]]:
        """The paths of these classes (or within a group of class `inside`), in values."""
        nodes = self.nodes("path", *of_class)
        if inside is not None:
            nodes = [n for g in self.nodes("g", *inside.split()) for n in g.iter("path")]
        return [[(self.x(x), self.y(y)) for x, y in corners(node)] for node in nodes]

    def said(self, *of_class: str) -> list[tuple[float, float, str]]:
        """The texts of these classes, from top to bottom: x, y, words."""
        found = [(at(n, "x"), at(n, "y"), str(n.text)) for n in self.nodes("text", *of_class)]
        return sorted(found, key=lambda text: text[1])
