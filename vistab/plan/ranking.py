"""Which of a search's suggestions are the best. Ties are broken by rules fixed beforehand. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vistab.plan.frontier import along, bracket_of, trials_of_chain
from vistab.plan.trials import Told, Trial
from vistab.spec.search import FrontierSearch, SamplerSearch, SearchSpec

Costs = tuple[float, ...]
"""What is to be small: the failure rate, or the negative coverage."""


@dataclass(frozen=True)
class Choice:
    """An arm to be confirmed, and the suggestion that it was; None if it was never tried."""

    assignment: Mapping[str, Any]
    trial: Trial | None


def best_choices(search: SearchSpec, trials: Sequence[Trial], top: int) -> list[Choice]:
    """The best `top` arms of a search that is over, best first; fewer if too many crashed."""
    if isinstance(search, FrontierSearch):
        return _frontiers(search, trials)[:top]
    assert isinstance(search, SamplerSearch)
    ranked = [Choice(trial.assignment, trial) for trial in ranking(search, trials)]
    seen = [choice.assignment for choice in ranked]
    first = [one for at, one in enumerate(ranked) if one.assignment not in seen[:at]]
    again = [one for at, one in enumerate(ranked) if one.assignment in seen[:at]]
    return [*first, *again][:top]


def ranking(search: SamplerSearch, trials: Sequence[Trial]) -> list[Trial]:
    """The suggestions that have results, best first.

    By Pareto front (of one objective: by its value), then by the objectives in their order, then by
    failure rate and coverage, then the earlier one.
    """
    told = [(trial, trial.told) for trial in trials if trial.told is not None]
    costs = {trial.number: costs_of(search, result) for trial, result in told}
    layer = fronts(costs)
    ties = {trial.number: (result.failure_rate, -result.coverage) for trial, result in told}
    ordered = sorted(costs, key=lambda n: (layer[n], costs[n], ties[n], n))
    by_number = {trial.number: trial for trial, _ in told}
    return [by_number[number] for number in ordered]


def costs_of(search: SamplerSearch, told: Told) -> Costs:
    """The objectives, each so that less is better."""
    costs = {"failure_rate": told.failure_rate, "coverage": -told.coverage}
    return tuple(costs[objective] for objective in search.objectives)


def fronts(costs: Mapping[int, Costs]) -> dict[int, int]:
    """By number the Pareto front: 0 if nothing dominates it, 1 if only those of front 0 do, ..."""
    layer: dict[int, int] = {}
    rest = dict(costs)
    while rest:
        front = [n for n in rest if not any(dominates(other, rest[n]) for other in rest.values())]
        layer |= dict.fromkeys(front, max(layer.values(), default=-1) + 1)
        rest = {n: cost for n, cost in rest.items() if n not in front}
    return layer


def dominates(one: Costs, other: Costs) -> bool:
    """Whether `one` is nowhere worse than `other`, and somewhere better."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _frontiers(search: FrontierSearch, trials: Sequence[Trial]) -> list[Choice]:
    """Every bisection's largest stable value, the largest first; the range's low end if none."""
    path, values = along(search)
    found = []
    for at, chain in enumerate(search.chains):
        mine = trials_of_chain(search, trials, at)
        stable = bracket_of(search, mine).stable
        told = (one for one in mine if one.told is not None and one.assignment[path] == stable)
        choice = Choice({**chain, path: values.low if stable is None else stable}, next(told, None))
        found.append((stable is None, -(stable or 0), at, choice))
    return [choice for *_, choice in sorted(found, key=lambda one: one[:3])]
