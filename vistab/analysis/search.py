"""What a search has found. It only describes: explore runs reach no claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vistab.analysis.stats.frontier import Point, frontier_interval
from vistab.plan.frontier import Bracket, along, bracket_of, trials_of_chain
from vistab.plan.trials import Trial
from vistab.spec.search import FrontierSearch


@dataclass(frozen=True)
class Frontier:
    """Where one bisection has come to rest, for the partial assignment `of`.

    bracket: the largest value found stable, the smallest found unstable. interval: of the frontier,
    at level 1 - alpha of its own; an end is None where the search has not found one.
    """

    of: Mapping[str, Any]
    points: tuple[Point, ...]
    bracket: Bracket
    interval: tuple[float | None, float | None]


def frontiers(
    search: FrontierSearch, trials: Sequence[Trial], alpha: float
) -> tuple[Frontier, ...]:
    """A frontier for every value of `per`."""
    path, _ = along(search)
    found = []
    for at, chain in enumerate(search.chains):
        mine = trials_of_chain(search, trials, at)
        points = tuple(
            Point(trial.assignment[path], trial.told.failed, trial.told.n)
            for trial in mine
            if trial.told is not None
        )
        interval = frontier_interval(points, search.failure_rate, alpha)
        found.append(Frontier(chain, points, bracket_of(search, mine), interval))
    return tuple(found)
