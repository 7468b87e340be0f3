"""The plan of a search: what is known before it, while it runs and after it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.plan import make_plan
from vistab.plan.cells import comparisons
from vistab.plan.frontier import Bracket, bracket_of, middle
from vistab.plan.ranking import best_choices, costs_of, dominates, fronts, ranking
from vistab.plan.search import confirmed_rows, explore_pack, is_over, replicates_of
from vistab.plan.trials import Told, Trial
from vistab.spec.search import FrontierSearch, Range, SamplerSearch

LR, WEIGHT = "optimizer.learning_rate", "family.regularizer.weight"
SAMPLED = f"""
search:
  kind: random
  space: {{{LR}: {{log: [1e-3, 1e-2]}}, {WEIGHT}: [0, 1, 5]}}
  trials: 5
  replicates: 3
confirm: {{top: 2, replicates: 4}}
claims:
  - {{id: A, says: s, kind: rate, expect: lower,
     treatment: {{arm: search.best}}, control: [{{arm: search.baseline}}, {{arm: search.2}}]}}
"""
FRONTIER = f"""
optimizer: {{learning_rate: 2e-3}}
search:
  kind: frontier
  along: {{{LR}: {{log: [1e-3, 1e-1]}}}}
  per: {{{WEIGHT}: [0, 1, 5]}}
  steps: 2
  replicates: 3
confirm: {{top: 2, replicates: 4}}
"""


def trial(number: int, failed: int = 0, rate: float = 1e-3, weight: float = 0.0, **given) -> Trial:
    return Trial(number, {WEIGHT: weight, LR: rate}, Told(failed, 3, given.get("coverage", 0.5)))


def found(*failed: int) -> tuple[Trial, ...]:
    """Suggestions in order, each with its number of failures of 3."""
    return tuple(trial(n, k, rate=1e-3 * (n + 1)) for n, k in enumerate(failed))


def test_every_run_is_known_by_name_before_the_search(plan) -> None:
    """Ids, roles and replicates; what the arms are is not."""
    before = plan(SAMPLED)
    after = make_plan(before.study, found(3, 1, 0, 2, 3))
    told = [(run.run_id, run.role, run.replicate) for run in before.runs]
    assert told == [(run.run_id, run.role, run.replicate) for run in after.runs]
    assert len(told) == 3 * 4 + 5 * 3
    assert not any(arm.known for arm in before.arms)
    assert all(arm.known for arm in after.arms)
    assert {value for arm in before.arms for value in arm.assignment.values()} == {None}


def test_confirm_runs_share_no_replicate_with_what_was_explored(plan) -> None:
    for text in (SAMPLED, FRONTIER):
        by_role = {
            role: {run.replicate for run in plan(text).runs if run.role == role}
            for role in ("confirm", "explore")
        }
        assert by_role["confirm"] == set(range(4))
        assert not by_role["confirm"] & by_role["explore"]


def test_samplers_share_replicates_and_bisections_have_fresh_ones_each_step(plan) -> None:
    sampled, frontier = plan(SAMPLED).study, plan(FRONTIER).study
    assert {replicates_of(sampled, n) for n in range(5)} == {range(4, 7)}
    assert [replicates_of(frontier, n) for n in range(6)] == 3 * [range(4, 7)] + 3 * [range(7, 10)]


def test_arms_are_confirmed_once_the_search_is_over(plan) -> None:
    study, grid = plan(SAMPLED).study, plan(SAMPLED).grid
    trials = found(3, 1, 0, 2, 3)
    assert confirmed_rows(study, grid, trials[:4]) == ()
    pending = (*trials[:4], replace(trials[4], told=None))
    assert not is_over(study, pending)
    assert confirmed_rows(study, grid, pending) == ()
    crashed = (*trials[:4], replace(trials[4], told=None, crashed=True))
    assert confirmed_rows(study, grid, crashed) == confirmed_rows(study, grid, trials)
    made = make_plan(study, trials)
    rates = {arm.name: arm.assignment[LR] for arm in made.arms}
    assert rates["search.baseline"] == study.optimizer.learning_rate
    assert (rates["search.best"], rates["search.2"]) == (0.003, 0.002)
    assert rates["search.trial.004"] == 0.005


def test_a_claim_reads_confirm_runs_alone(plan) -> None:
    study = plan(SAMPLED).study
    for trials in ((), found(3, 1, 0, 2, 3)):
        made = make_plan(study, trials)
        compared = comparisons(made, study.claims[0])
        ids = {
            run
            for one in compared
            for cell in one.cells
            for ids in cell.runs.values()
            for run in ids
        }
        assert ids == {run.run_id for run in made.runs if run.role == "confirm"}
        assert [len(one.cells) for one in compared] == [4, 4]


def test_too_few_results_leave_nothing_to_confirm(plan) -> None:
    """Its claims are void then: the runs are planned and missing."""
    study = plan(SAMPLED).study
    trials = tuple(replace(one, told=None, crashed=True) for one in found(0, 0, 0, 0))
    made = make_plan(study, (*trials, trial(4)))
    assert not any(arm.known for arm in made.arms if not str(arm.name).startswith("search.trial"))


def test_the_pack_of_a_suggestion_is_the_one_in_the_plan(plan) -> None:
    before = plan(SAMPLED)
    made = make_plan(before.study, found(3, 1, 0, 2, 3))
    for number, one in enumerate(found(3, 1, 0, 2, 3)):
        assert explore_pack(before.study, before.columns, one) in made.packs
        assert len({pack.pack_id for pack in made.packs}) == len(made.packs)
        assert made.arms[3 + number].settings.optimizer.learning_rate == one.assignment[LR]


def test_the_baseline_of_a_frontier_stands_where_the_best_still_bears(plan) -> None:
    study = plan(FRONTIER).study
    first = [trial(0, 3, 1e-2, 0.0), trial(1, 3, 1e-2, 1.0), trial(2, 1, 1e-2, 5.0)]
    second = [trial(3, 3, 3e-3, 0.0), trial(4, 0, 3e-3, 1.0), trial(5, 2, 3e-2, 5.0)]
    trials = [*first, *second]
    arms = {arm.name: arm.assignment for arm in make_plan(study, trials).arms}
    assert arms["search.best"] == {WEIGHT: 5.0, LR: 1e-2}
    assert arms["search.2"] == {WEIGHT: 1.0, LR: 3e-3}
    assert arms["search.baseline"] == {WEIGHT: 0.0, LR: 1e-2}


# --- ranking

SAMPLER = SamplerSearch(kind="tpe", space={LR: (1.0,)}, trials=9)
BOTH = SAMPLER.model_copy(update={"objectives": ("failure_rate", "coverage")})


def test_ties_go_by_coverage_and_then_to_the_earlier_one() -> None:
    trials = [
        trial(0, 1),
        trial(1, 0, coverage=0.6),
        trial(2, 0, coverage=0.7),
        trial(3, 0, coverage=0.7),
    ]
    assert [one.number for one in ranking(SAMPLER, trials)] == [2, 3, 1, 0]


def test_what_crashed_is_not_ranked() -> None:
    trials = [Trial(0, {}, crashed=True), trial(1, 3)]
    assert [one.number for one in ranking(SAMPLER, trials)] == [1]


def test_equal_arms_take_one_place_while_there_are_others() -> None:
    """A random search may suggest the same arm twice."""
    trials = [trial(0, 0), trial(1, 0), trial(2, 1, rate=2e-3)]
    assert [one.assignment[LR] for one in best_choices(SAMPLER, trials, 2)] == [1e-3, 2e-3]
    assert [one.assignment[LR] for one in best_choices(SAMPLER, trials, 3)] == [1e-3, 2e-3, 1e-3]


costs = st.tuples(st.integers(0, 3).map(float), st.integers(-3, 0).map(float))


@given(st.lists(costs, min_size=1, max_size=12))
def test_each_front_is_what_nothing_dominates_once_those_before_are_gone(values) -> None:
    layer = fronts(dict(enumerate(values)))
    for n, cost in enumerate(values):
        above = [k for k, other in enumerate(values) if dominates(other, cost)]
        assert layer[n] == max((layer[k] + 1 for k in above), default=0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=9))
def test_nothing_dominates_the_best_whatever_the_objectives(results) -> None:
    trials = [trial(n, f, coverage=c / 4) for n, (f, c) in enumerate(results)]
    for search in (SAMPLER, BOTH):
        told = [costs_of(search, one.told) for one in ranking(search, trials) if one.told]
        assert not any(dominates(other, told[0]) for other in told)
        assert len(told) == len(trials)


# --- bisection

SEARCH = FrontierSearch(
    kind="frontier", along={LR: Range(scale="log", low=1e-3, high=1.0)}, steps=30
)


@pytest.mark.parametrize("scale", ["log", "linear"])
@given(truth=st.floats(0.0011, 0.99))
def test_bisection_closes_in_on_the_frontier(scale, truth) -> None:
    """Where every run fails above it and none below."""
    values = Range(scale=scale, low=1e-3, high=1.0)
    chain: list[Trial] = []
    for number in range(12):
        value = middle(values, bracket_of(SEARCH, chain), whole=False)
        chain.append(trial(number, 0 if value <= truth else 3, rate=value))
    last = bracket_of(SEARCH, chain)
    low, high = last.stable or values.low, last.unstable or values.high
    assert low * 0.999 <= truth <= high * 1.001
    assert (high / low if scale == "log" else 1 + high - low) < 1.01


def test_a_bracket_ignores_steps_that_crashed() -> None:
    assert bracket_of(SEARCH, [Trial(0, {LR: 0.1}, crashed=True)]) == Bracket()
    assert bracket_of(SEARCH, [trial(0, 1, 0.1), trial(1, 2, 0.3)]) == Bracket(0.1, 0.3)


def test_whole_numbers_are_tried_on_whole_number_axes() -> None:
    assert middle(Range(scale="log", low=1, high=10), Bracket(), whole=True) == 3
