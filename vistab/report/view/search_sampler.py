"""What a sampler has suggested, how each suggestion did, and which of them were confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vistab.plan.ranking import costs_of, fronts
from vistab.plan.trials import Told, Trial
from vistab.report.view.search_space import Dimension, most_telling
from vistab.spec.search import SamplerSearch


@dataclass(frozen=True)
class Suggestion:
    """One suggestion that has results.

    front: whether no other is better in one objective and nowhere worse. name: of the arm that it
    was confirmed as; empty for most.
    """

    number: int
    assignment: Mapping[str, Any]
    told: Told
    front: bool
    name: str


@dataclass(frozen=True)
class SamplerView:
    """All suggestions with results, of the `planned` ones, and the objectives in their order.

    plane: the numeric dimensions, two at most, that tell most about who failed; `chosen` if there
    were more.
    """

    objectives: tuple[str, ...]
    planned: int
    suggestions: tuple[Suggestion, ...]
    plane: tuple[Dimension, ...]
    chosen: bool


def sampler_view(
    search: SamplerSearch, trials: Sequence[Trial], winners: Mapping[str, Trial]
) -> SamplerView | None:
    """What the sampler's suggestions did; None before the first has results.

    winners: by the name of a confirmed arm the suggestion that it was.
    """
    told = {trial.number: trial.told for trial in trials if trial.told is not None}
    if not told:
        return None
    layers = fronts({number: costs_of(search, result) for number, result in told.items()})
    names = {trial.number: name for name, trial in winners.items()}
    assignments = {trial.number: trial.assignment for trial in trials}
    suggestions = tuple(
        Suggestion(number, assignments[number], result, layers[number] == 0, names.get(number, ""))
        for number, result in told.items()
    )
    tried = [one.assignment for one in suggestions]
    plane, chosen = most_telling(search.space, tried, list(told.values()))
    return SamplerView(search.objectives, search.trials, suggestions, plane, chosen)
