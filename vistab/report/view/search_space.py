"""The numeric dimensions of a search, and which of them tell most about who failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from vistab.plan.trials import Told
from vistab.report.view.happened import Floats
from vistab.spec.search import Dimension as Searched
from vistab.spec.search import Range

MOST = 2
"""Dimensions that one scatter can show."""


@dataclass(frozen=True)
class Dimension:
    """A path whose searched values are numbers, from `low` to `high`; `log` as it was searched.

    values: the few that were to choose from, () for a range.
    """

    path: str
    low: float
    high: float
    log: bool
    values: tuple[float, ...] = ()


def dimension(path: str, searched: Range) -> Dimension:
    """The dimension of a range."""
    return Dimension(path, searched.low, searched.high, searched.scale == "log")


def numeric(space: Mapping[str, Searched]) -> list[Dimension]:
    """The dimensions of a space that are ranges, or lists of numbers."""
    found = []
    for path, searched in space.items():
        if isinstance(searched, Range):
            found.append(dimension(path, searched))
        elif all(type(value) in (int, float) for value in searched) and len(searched) > 1:
            found.append(Dimension(path, min(searched), max(searched), False, tuple(searched)))
    return found


def most_telling(
    space: Mapping[str, Searched], assignments: Sequence[Mapping[str, Any]], told: Sequence[Told]
) -> tuple[tuple[Dimension, ...], bool]:
    """The numeric dimensions, at most MOST, and whether there were more to choose from.

    Of more, those that explain most of the failure rate (of coverage if all failed alike).
    """
    dimensions = numeric(space)
    rates = np.array([one.failure_rate for one in told])
    alike = len(set(rates.tolist())) < 2
    response = np.array([one.coverage for one in told]) if alike else rates
    shares = {one.path: _explained(one, assignments, response) for one in dimensions}
    best = sorted(dimensions, key=lambda one: -shares[one.path])[:MOST]
    return tuple(one for one in dimensions if one in best), len(dimensions) > MOST


def _explained(
    along: Dimension, assignments: Sequence[Mapping[str, Any]], response: Floats
) -> float:
    """The share of the response's variance that a parabola along the dimension explains."""
    values = np.array([float(one[along.path]) for one in assignments])
    values = np.log(values) if along.log else values
    degree = min(2, len(set(values.tolist())) - 1)
    if degree < 1 or np.ptp(response) == 0:
        return 0.0
    left = response - Polynomial.fit(values, response, degree)(values)
    return round(1 - float(left.var() / response.var()), 9)
