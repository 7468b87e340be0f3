"""What a check gives: the two sides of a statement, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

EXACT = 1e-12
"""Tolerance of statements that hold up to the rounding of float64."""


@dataclass(frozen=True)
class Check:
    """One statement about an equation, with its two sides in numbers.

    `number` is the equation, E1 to E19. `relation` says how `left` should compare with `right`;
    of several pairs these are the worst if the statement fails, else for "=" the largest and for
    "<=" the closest. `residual` is the largest violation over all pairs, 0 at best, NaN if a side
    is not a number. The statement holds if `residual` is at most `tolerance`.
    """

    number: str
    statement: str
    relation: Literal["=", "<="]
    left: float
    right: float
    residual: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the statement holds within its tolerance; never if the residual is NaN."""
        return self.residual <= self.tolerance


def equal(
    number: str, statement: str, left: ArrayLike, right: ArrayLike, tolerance: float = EXACT
) -> Check:
    """Check that two sides are equal, element by element; they broadcast."""
    lefts, rights = _pairs(left, right)
    gaps = np.abs(lefts - rights)
    # Rounding differs from machine to machine, and should not choose what is shown.
    holds = (gaps <= tolerance).all()
    shown = int(np.argmax(np.abs(lefts).round(6) if holds else gaps))
    sides = float(lefts[shown]), float(rights[shown])
    return Check(number, statement, "=", *sides, float(gaps.max()), tolerance)


def at_most(
    number: str, statement: str, left: ArrayLike, right: ArrayLike, tolerance: float = EXACT
) -> Check:
    """Check that the left side is nowhere above the right, element by element; they broadcast."""
    lefts, rights = _pairs(left, right)
    gaps = lefts - rights
    shown = int(np.argmax(gaps))
    sides = float(lefts[shown]), float(rights[shown])
    return Check(number, statement, "<=", *sides, float(np.maximum(gaps[shown], 0.0)), tolerance)


def show(side: float, digits: int = 6) -> str:
    """A side in a few digits; what is only rounding off 0 is 0."""
    return f"{round(side, 12) + 0.0:.{digits}g}"


def show_residual(residual: float) -> str:
    """A residual or a tolerance in one digit."""
    return f"{residual:.0e}" if residual else "0"


def _pairs(left: ArrayLike, right: ArrayLike) -> tuple[Any, Any]:
    lefts, rights = np.broadcast_arrays(left, right)
    return lefts.astype(float).ravel(), rights.astype(float).ravel()
