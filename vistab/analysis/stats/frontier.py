"""An interval for the value of an axis at which a failure rate crosses a stated rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.stats import binomtest


@dataclass(frozen=True)
class Point:
    """`failed` of `n` independent runs failed at `value`."""

    value: float
    failed: int
    n: int


def frontier_interval(
    points: Sequence[Point], rate: float, alpha: float
) -> tuple[float | None, float | None]:
    """Where the frontier lies, with chance 1 - alpha at least; None at an end that is not found.

    The frontier is the largest value at which runs fail with a chance of at most `rate`; failing is
    taken to be no rarer at larger values. Low is the largest value at which an exact binomial test
    says that runs fail less often than `rate`, high the smallest at which they fail more often.
    Every value lies on one side of the frontier, so a point can err in one way alone, and tests at
    alpha / points keep the level (union bound). That holds for values chosen by what was seen
    before, if each point's runs are fresh.
    """
    level = alpha / max(1, len(points))
    below = [point.value for point in points if _p(point, rate, "less") <= level]
    above = [point.value for point in points if _p(point, rate, "greater") <= level]
    return max(below, default=None), min(above, default=None)


def replicates_for_ends(rate: float, steps: int, alpha: float) -> tuple[int, int]:
    """The fewest runs a step at which one of `steps` can find a lower end, and an upper end.

    A lower end is shown best by no failure at all, which has the chance (1 - rate)^n at the
    frontier; an upper end by nothing but failures, rate^n.
    """
    level = math.log(alpha / steps)
    return math.ceil(level / math.log(1 - rate)), math.ceil(level / math.log(rate))


def _p(point: Point, rate: float, alternative: Literal["less", "greater"]) -> float:
    tested = binomtest(point.failed, point.n, rate, alternative=alternative)
    return float(tested.pvalue)
