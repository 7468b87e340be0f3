"""What a search tried and found, and how what it liked best did when it was trained again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vistab.analysis.search import Frontier, frontiers
from vistab.plan import make_plan
from vistab.plan.frontier import along
from vistab.plan.model import Arm
from vistab.plan.ranking import best_choices
from vistab.plan.search import is_over
from vistab.plan.trials import Told, Trial, told_of
from vistab.report.view.search_sampler import SamplerView, sampler_view
from vistab.report.view.search_space import Dimension, dimension
from vistab.report.view.search_words import paragraphs, shrinkage
from vistab.results import Results
from vistab.spec.grid import in_order
from vistab.spec.search import FrontierSearch, SamplerSearch, confirmed_names
from vistab.spec.study import Study


@dataclass(frozen=True)
class FrontierView:
    """Every bisection's frontier along one dimension; stable: at most `rate` of the runs fail.

    per: the axis whose values have a bisection each, None without one.
    """

    along: Dimension
    per: str | None
    rate: float
    rows: tuple[Frontier, ...]


@dataclass(frozen=True)
class Confirmed:
    """A confirmed arm: how its runs did as a suggestion and when they were trained again.

    settings: what the search chose, None until it is over. explored: None if it was never tried,
    confirmed: None without a finished run. lost: confirm runs that did not finish. same_as: an arm
    above it with the same settings.
    """

    name: str
    settings: Mapping[str, Any] | None
    explored: Told | None
    confirmed: Told | None
    lost: int
    same_as: str | None


@dataclass(frozen=True)
class SearchView:
    """The section on the search: of a `sampler`, or of bisections for a `frontier`.

    told: what was searched and why it was confirmed, a paragraph each. shrinkage: how the best
    fared when it was confirmed, in words; empty while that is not known.
    """

    told: tuple[str, ...]
    sampler: SamplerView | None
    frontier: FrontierView | None
    confirmed: tuple[Confirmed, ...]
    shrinkage: str


def search_view(study: Study, results: Results, runs: pd.DataFrame) -> SearchView | None:
    """What there is to tell of a study's search; None without one. runs: the confirm runs."""
    search = study.search
    if search is None:
        return None
    trials = results.trials
    winners = confirmed_trials(study, trials)
    confirmed = _confirmed(study, trials, winners, runs)
    best = confirmed[1]
    return SearchView(
        paragraphs(study, trials),
        sampler_view(search, trials, winners) if isinstance(search, SamplerSearch) else None,
        _frontier(study, search, trials) if isinstance(search, FrontierSearch) else None,
        confirmed,
        shrinkage(best.name, best.explored, best.confirmed),
    )


def confirmed_trials(study: Study, trials: Sequence[Trial]) -> dict[str, Trial]:
    """By the name of a confirmed arm the suggestion that it was; arms never tried are left out."""
    assert study.search is not None
    assert study.confirm is not None
    if not is_over(study, trials):
        return {}
    names = confirmed_names(study.confirm)[1:]
    best = best_choices(study.search, trials, study.confirm.top)
    named = zip(names, best, strict=False)  # fewer if too many crashed
    return {name: choice.trial for name, choice in named if choice.trial is not None}


def _frontier(study: Study, search: FrontierSearch, trials: Sequence[Trial]) -> FrontierView:
    path, values = along(search)
    per, each = next(iter(search.per.items()), (None, ()))
    order = in_order(each)
    rows = frontiers(search, trials, study.alpha)
    if per is not None:
        rows = tuple(sorted(rows, key=lambda row: order.index(row.of[per])))
    return FrontierView(dimension(path, values), per, search.failure_rate, rows)


def _confirmed(
    study: Study, trials: Sequence[Trial], winners: Mapping[str, Trial], runs: pd.DataFrame
) -> tuple[Confirmed, ...]:
    assert study.confirm is not None
    names = confirmed_names(study.confirm)
    arms = {arm.name: arm for arm in make_plan(study, trials).arms if arm.name in names}
    rows = []
    for at, name in enumerate(names):
        arm, own = arms[name], runs[runs["arm"] == name]
        same = (other for other in names[:at] if arm.known and arms[other].arm_id == arm.arm_id)
        winner = winners.get(name)
        explored = winner.told if winner else None
        rows.append(Confirmed(name, _settings(arm), explored, *_told(own), next(same, None)))
    return tuple(rows)


def _settings(arm: Arm) -> Mapping[str, Any] | None:
    return dict(arm.assignment) if arm.known else None


def _told(runs: pd.DataFrame) -> tuple[Told | None, int]:
    """How an arm's finished runs did, and how many did not finish."""
    finished = runs[runs["status"] == "finished"]
    lost = len(runs) - len(finished)
    if finished.empty:
        return None, lost
    return told_of(list(finished["outcome"]), list(finished["final_coverage"])), lost
