"""Direct labels beside marks that may lie anywhere: put where they hide least."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from vistab.report.figures.svg import Point, text

LETTER, TALL, GAP = 6.4, 13.0, 12.0
"""Pixels: the mean width of a letter, the height of a line, from a mark's middle to its label."""

WORSE = 10.0
"""How much worse it is to hide text than to hide a mark."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Box) -> float:
        """The area that lies in both."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    @property
    def area(self) -> float:
        """Its whole area."""
        return (self.right - self.left) * (self.bottom - self.top)


def labels(named: Sequence[tuple[Point, str]], marks: Sequence[Point], within: Box) -> list[Markup]:
    """A text beside each named point: the first place of eight that hides least.

    Hidden are marks and, which is worse, labels put before and what lies outside of `within`.
    """
    under = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in marks]
    put: list[Box] = []
    drawn = []
    for point, words in named:
        places = _places(point, len(words) * LETTER)

        def hidden(box: Box) -> float:
            lost = box.area - box.shared(within) + sum(box.shared(other) for other in put)
            return WORSE * lost + sum(box.shared(other) for other in under)

        best = min(places, key=hidden)
        put.append(best)
        drawn.append(text(best.left, best.bottom - 3, words, "direct strong halo"))
    return drawn


def along(corners: Sequence[Point], apart: float = 8.0) -> list[Point]:
    """Points along a line of straight pieces, which labels had better not hide either."""
    found: list[Point] = []
    for (x1, y1), (x2, y2) in pairwise(corners):
        n = max(1, math.ceil(math.hypot(x2 - x1, y2 - y1) / apart))
        found += [(x1 + k / n * (x2 - x1), y1 + k / n * (y2 - y1)) for k in range(n + 1)]
    return found


def _places(point: Point, width: float) -> list[Box]:
    """Right, left, above, below, then the corners."""
    x, y = point
    right, left, middle = x + GAP, x - GAP - width, x - width / 2
    level, above, below = y - TALL / 2, y - GAP - TALL, y + GAP
    corners = [(right, above), (left, above), (right, below), (left, below)]
    at = [(right, level), (left, level), (middle, above), (middle, below), *corners]
    return [Box(start, top, start + width, top + TALL) for start, top in at]
