"""What the report tells of a search, before any of it is drawn."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.plan.trials import Told, Trial
from vistab.report.view import build_view
from vistab.report.view.search import SearchView
from vistab.report.view.search_space import most_telling, numeric
from vistab.report.view.search_words import SAMPLERS as SAID
from vistab.report.view.search_words import searched as said_of
from vistab.report.view.search_words import shrinkage
from vistab.spec.search import SAMPLERS, Range

RATE, WEIGHT = "optimizer.learning_rate", "family.regularizer.weight"


def view_of(made: tuple[Any, Any]) -> SearchView:
    """The section of a study's report on its search."""
    study, results = made
    found = build_view(study, (), results).search
    assert found is not None
    return found


def test_a_study_without_a_search_has_no_section_on_one(study: Any, results: Any) -> None:
    view = build_view(study, (), results)
    assert view.search is None
    assert view.explored is None


def test_the_best_are_named_and_the_front_is_what_nothing_beats(sampled: Any) -> None:
    sampler = view_of(sampled).sampler
    assert sampler is not None
    assert [one.number for one in sampler.suggestions if one.front] == [3, 5, 6]
    named = {one.name: one.number for one in sampler.suggestions if one.name}
    assert named == {"search.best": 3, "search.2": 5}


def test_explored_numbers_are_the_suggestions_and_confirmed_ones_those_of_fresh_runs(
    sampled: Any,
) -> None:
    _, results = sampled
    baseline, best, second = view_of(sampled).confirmed
    assert baseline.explored is None
    assert (best.explored, second.explored) == (Told(0, 4, 0.60), Told(1, 4, 0.80))
    for arm in (baseline, best, second):
        own = results.runs[results.runs["arm"] == arm.name]
        assert arm.confirmed is not None
        assert arm.confirmed.failed == (own["outcome"] != "healthy").sum()
        assert arm.confirmed.n == len(own) == 6
        assert arm.confirmed.coverage == pytest.approx(own["final_coverage"].mean())
    assert best.settings == {RATE: 0.0034, WEIGHT: 11.0, "family.generator_steps": 2}
    assert baseline.settings == {RATE: 1e-3, WEIGHT: 0.0, "family.generator_steps": 2}


def test_a_lost_confirm_run_is_counted_as_lost_and_not_as_failed(
    sampled: Any, synthetic: Any
) -> None:
    *_, lose = synthetic
    study, results = sampled
    first = results.runs.index[results.runs["arm"] == "search.best"][:2]
    best = view_of((study, lose(results, first, "crashed", "Boom"))).confirmed[1]
    assert best.confirmed is not None
    assert (best.confirmed.n, best.lost) == (4, 2)


def test_a_coverage_that_is_not_a_number_counts_as_none_of_it(sampled: Any) -> None:
    study, results = sampled
    runs = results.runs.copy()
    own = runs.index[runs["arm"] == "search.best"]
    runs.loc[own, "final_coverage"] = [np.nan, 0.6, 0.6, 0.6, 0.6, 0.6]
    best = view_of((study, replace(results, runs=runs))).confirmed[1]
    assert best.confirmed is not None
    assert best.confirmed.coverage == pytest.approx(0.5)


def test_each_bisection_has_its_bracket_and_interval(bisected: Any) -> None:
    frontier = view_of(bisected).frontier
    assert frontier is not None
    assert (frontier.along.path, frontier.along.low, frontier.along.high) == (RATE, 1e-3, 1e-1)
    none, five = frontier.rows
    assert (none.of, five.of) == ({WEIGHT: 0.0}, {WEIGHT: 5.0})
    assert (none.bracket.stable, none.bracket.unstable) == (0.003162, 0.005624)
    assert (five.bracket.stable, five.bracket.unstable) == (0.01779, 0.03162)
    assert none.interval == (None, 0.01)  # 6 and 8 of 12 tell nothing, 11 of 12 does
    assert five.interval == (0.01, 0.03162)


def test_frontiers_are_shown_by_size_in_whatever_order_they_were_searched(
    searched: Any, bisection: Any
) -> None:
    """Weights 5 and 0: the second bisection is weight 0's, and it is shown first."""
    text, trials = bisection
    frontier = view_of(searched(text.replace("[0, 5]", "[5, 0]"), swapped(trials))).frontier
    assert frontier is not None
    assert [row.of[WEIGHT] for row in frontier.rows] == [0, 5]
    assert [row.interval for row in frontier.rows][1] == (0.01, 0.03162)


def swapped(trials: Any) -> Any:
    """The same steps, the bisection of weight 5 first."""
    return tuple(replace(one, number=one.number ^ 1) for one in trials)


def test_intervals_of_frontiers_are_at_the_level_of_the_study(bisected: Any) -> None:
    study, results = bisected
    strict = study.model_copy(update={"alpha": 0.001})  # 11 of 12 is no longer enough
    frontier = view_of((strict, results)).frontier
    assert frontier is not None
    assert [row.interval for row in frontier.rows] == [(None, None), (0.01, 0.03162)]


def test_the_largest_stable_value_is_confirmed_beside_the_baseline_at_the_same_value(
    bisected: Any,
) -> None:
    baseline, best = view_of(bisected).confirmed
    assert best.settings == {WEIGHT: 5.0, RATE: 0.01779}
    assert baseline.settings == {WEIGHT: 0.0, RATE: 0.01779}
    assert best.explored == Told(5, 12, 1 - 5 / 12)
    assert (baseline.explored, best.same_as) == (None, None)


def test_a_best_that_is_the_baseline_itself_is_called_so(searched: Any, bisection: Any) -> None:
    text, trials = bisection
    worse = [
        replace(one, told=Told(12, 12, 0.0)) if one.assignment[WEIGHT] else one for one in trials
    ]
    best = view_of(searched(text, worse)).confirmed[1]
    assert best.settings == {WEIGHT: 0.0, RATE: 0.003162}
    assert best.same_as == "search.baseline"


def test_where_nothing_was_stable_the_low_end_is_confirmed_unexplored(
    searched: Any, bisection: Any
) -> None:
    text, trials = bisection
    view = view_of(searched(text, [replace(one, told=Told(12, 12, 0.0)) for one in trials]))
    assert view.confirmed[1].settings == {WEIGHT: 0.0, RATE: 1e-3}
    assert view.confirmed[1].explored is None
    assert view.shrinkage == ""


def test_two_alike_suggestions_are_two_arms(searched: Any, sampling: Any) -> None:
    """All suggestions are the same, so the best two are as well: the first, then the second."""
    text, trials = sampling
    alike = [replace(one, assignment=trials[3].assignment, told=trials[3].told) for one in trials]
    sampler = view_of(searched(text, alike)).sampler
    assert sampler is not None
    assert {one.name: one.number for one in sampler.suggestions if one.name} == {
        "search.best": 0,
        "search.2": 1,
    }


def test_of_two_suggestions_of_the_best_settings_the_better_is_the_one_confirmed(
    searched: Any, sampling: Any
) -> None:
    text, trials = sampling
    twice = [replace(trials[0], assignment=trials[3].assignment), *trials[1:]]
    view = view_of(searched(text, twice))
    assert view.confirmed[1].explored == trials[3].told != trials[0].told


@pytest.mark.parametrize("example", ["sampling", "bisection"])
def test_a_search_that_is_not_over_confirms_nothing_and_says_so(
    example: str, request: Any, searched: Any, synthetic: Any
) -> None:
    *_, lose = synthetic
    text, trials = request.getfixturevalue(example)
    study, results = searched(text, [*trials[:3], Trial(3, trials[3].assignment)])
    waiting = results.runs.index[results.runs["role"] == "confirm"]
    view = view_of((study, lose(results, waiting, "missing")))
    assert any(f"3 of {len(trials)} suggestions have ended" in told for told in view.told)
    assert {arm.settings for arm in view.confirmed} == {None}
    assert {(arm.explored, arm.confirmed) for arm in view.confirmed} == {(None, None)}


def test_a_suggestion_that_crashed_is_told_of_and_not_drawn(searched: Any, sampling: Any) -> None:
    text, trials = sampling
    view = view_of(searched(text, [*trials[:7], replace(trials[7], told=None, crashed=True)]))
    assert any("1 suggestion crashed" in told for told in view.told)
    assert view.sampler is not None
    assert [one.number for one in view.sampler.suggestions] == list(range(7))


def test_before_the_first_result_there_is_nothing_to_draw(searched: Any, sampling: Any) -> None:
    text, _ = sampling
    assert view_of(searched(text, ())).sampler is None


# --- all else speaks of confirm runs


def test_the_headline_maps_and_groups_count_confirm_runs_alone(sampled: Any) -> None:
    study, results = sampled
    view = build_view(study, (), results)
    assert "18 confirm runs, 6 replicates" in view.answer
    assert view.maps == ()
    assert [arm.name for arm in view.named] == ["search.baseline", "search.best", "search.2"]
    assert sum(arm.tally.n for arm in view.named) == 18
    assert [group.title for group in view.groups] == [
        "arm search.baseline", "arm search.best", "arm search.2",
    ]  # fmt: skip
    (panel,) = view.coverage
    assert [len(series.values) for series in panel.series] == [6, 6, 6]


def test_why_compares_the_confirmed_arms(sampled: Any, verdicts: Any) -> None:
    study, results = sampled
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    why = build_view(study, (replace(rate, id="best"),), results).why
    assert why is not None
    assert [group.label for group in why.groups] == ["search.best", "search.baseline"]
    assert [len(group.x) for group in why.groups] == [6, 6]


def test_every_planned_run_is_in_one_of_the_two_flows(sampled: Any, synthetic: Any) -> None:
    *_, lose = synthetic
    study, results = sampled
    view = build_view(study, (), lose(results, results.runs.index[[0, 20]], "crashed", "Boom"))
    assert view.explored is not None
    assert (view.explored.arms, view.explored.replicates, view.explored.crashed) == (8, 4, 1)
    assert (view.flow.arms, view.flow.replicates, view.flow.crashed) == (3, 6, 1)
    assert view.explored.planned + view.flow.planned == len(results.runs)
    assert sum(len(loss.run_ids) for loss in view.losses) == 2


def test_arms_with_the_same_settings_are_still_counted_as_two(
    searched: Any, bisection: Any
) -> None:
    text, trials = bisection
    worse = [
        replace(one, told=Told(12, 12, 0.0)) if one.assignment[WEIGHT] else one for one in trials
    ]
    study, results = searched(text, worse)
    assert build_view(study, (), results).flow.arms == 2


def test_the_table_holds_all_runs_under_their_ids_with_their_role(sampled: Any) -> None:
    study, results = sampled
    data = build_view(study, (), results).payload
    role = next(axis for axis in data["axes"] if axis["name"] == "role")
    roles = [role["names"][k] for k in role["index"]]
    assert roles == list(results.runs["role"])
    arms = [data["arm_id"]["names"][k] for k in data["arm_id"]["index"]]
    ids = [f"{arm}-r{n:03d}" for arm, n in zip(arms, data["replicate"], strict=True)]
    assert ids == list(results.runs["run_id"])


def test_settings_that_are_not_chosen_yet_are_empty_in_the_table(
    searched: Any, sampling: Any
) -> None:
    text, trials = sampling
    study, results = searched(text, trials[:3])
    data = build_view(study, (), results).payload
    weight = next(axis for axis in data["axes"] if axis["name"] == "regularizer weight")
    assert weight["names"] == ["1", "2", "9", ""]


# --- which dimensions are shown


def told(failed: int) -> Told:
    """So many of 20 runs failed."""
    return Told(failed, 20, 0.5)


@given(
    failed=st.lists(st.integers(0, 20), min_size=6, max_size=20, unique=True),
    seed=st.integers(0, 1000),
    place=st.integers(0, 3),
    hump=st.booleans(),
)
def test_a_dimension_that_settles_who_fails_is_always_shown(
    failed: list[int], seed: int, place: int, hump: bool
) -> None:
    """Along it the failure rate is a line or a parabola; the three others are noise."""
    generator = np.random.default_rng(seed)
    space = {f"a.d{k}": Range(scale="linear", low=0, high=1) for k in range(4)}
    columns = generator.random((4, len(failed)))
    rates = np.array(failed) / 20
    either = generator.choice([-1, 1], len(failed))  # failing at both ends, healthy in the middle
    columns[place] = 0.5 + either * np.sqrt(rates) / 2 if hump else 1 - rates
    tried = [dict(zip(space, column, strict=True)) for column in columns.T]
    shown, chosen = most_telling(space, tried, [told(n) for n in failed])
    assert chosen
    assert len(shown) == 2
    assert f"a.d{place}" in [one.path for one in shown]
    assert [one.path for one in shown] == sorted(one.path for one in shown)


def test_where_all_failed_alike_coverage_settles_which_dimensions_are_shown() -> None:
    space = {f"a.d{k}": Range(scale="linear", low=0, high=1) for k in range(3)}
    tried = [{"a.d0": 0.5, "a.d1": x, "a.d2": (7 * x) % 1} for x in (0.1, 0.3, 0.4, 0.7, 0.9)]
    results = [Told(4, 4, 1 - one["a.d2"]) for one in tried]
    shown, _ = most_telling(space, tried, results)
    assert [one.path for one in shown] == ["a.d1", "a.d2"]  # d0 never varies


def test_words_and_switches_are_no_numeric_dimensions() -> None:
    space = {
        "family.loss": ("vi", "minimax"),
        "family.batch_norm": (False, True),
        "family.generator_steps": (1, 5),
        "optimizer.learning_rate": Range(scale="log", low=1e-4, high=1e-2),
    }
    steps, rate = numeric(space)
    assert (steps.path, steps.low, steps.high, steps.values) == (
        "family.generator_steps", 1, 5, (1, 5),
    )  # fmt: skip
    assert (rate.log, rate.values) == (True, ())


# --- in words


def test_the_section_says_what_was_searched_and_why_its_best_was_trained_again(
    sampled: Any,
) -> None:
    first, second = view_of(sampled).told
    assert "learning rate from 0.001 to 0.02 (log scale)" in first
    assert "regularizer weight from 0 to 20 and generator steps out of 1, 2 and 5" in first
    assert "8 suggestions, each trained with the same 4 replicates" in first
    assert "partly by luck" in second
    assert "The best 2 were" in second
    assert "6 replicates of each with fresh seeds" in second
    assert "confirm runs alone" in second


def test_bisection_states_its_rate_and_what_it_takes_for_granted(bisected: Any) -> None:
    first, second, third = view_of(bisected).told
    assert first.startswith("For each regularizer weight out of 0 and 5, bisection looked for")
    assert "at most 50 % of its runs fail" in first
    assert "3 steps of 12 replicates" in first
    assert "failing gets no rarer at larger values, from the low end of the range up" in second
    assert "cannot find" not in second
    assert "The best one was" in third
    assert "at the learning rate of the best" in third


@pytest.mark.parametrize(
    ("replicates", "rate", "told"),
    [
        (5, 0.5, "5 replicates a step that test cannot find a lower end or an upper end"),
        (6, 0.5, None),  # 1/64 is below 0.05 / 3
        (12, 0.2, "cannot find a lower end, whatever happens; 19 can"),
        (12, 0.8, "cannot find an upper end, whatever happens; 19 can"),
    ],
)
def test_a_bisection_with_too_few_replicates_for_an_interval_says_so(
    replicates: int, rate: float, told: str | None, searched: Any, bisection: Any
) -> None:
    text, _ = bisection
    text = text.replace("replicates: 12", f"replicates: {replicates}\n  failure_rate: {rate}")
    said = " ".join(view_of(searched(text, ())).told)
    assert (told in said) if told else ("cannot find" not in said)


def test_without_per_there_is_one_bisection(searched: Any, bisection: Any) -> None:
    text, _ = bisection
    alone = "\n".join(line for line in text.splitlines() if "per:" not in line)
    view = view_of(searched(alone, ()))
    assert view.told[0].startswith("Bisection looked for the largest stable learning rate")
    assert view.frontier is not None
    assert (view.frontier.per, len(view.frontier.rows)) == (None, 1)


def test_every_sampler_has_a_name() -> None:
    assert set(SAID) == set(SAMPLERS)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (Range(scale="linear", low=0, high=20), "weight from 0 to 20"),
        (Range(scale="log", low=5e-4, high=0.02), "weight from 0.0005 to 0.02 (log scale)"),
        ((False, True), "weight out of off and on"),
    ],
)
def test_what_was_searched_is_told(values: Any, told: str) -> None:
    assert said_of("a.weight", values) == told


def test_the_shrinkage_of_the_best_is_told_in_points() -> None:
    told = shrinkage("search.best", Told(0, 4, 1.0), Told(3, 8, 0.7))
    assert "0 of 4 runs (0 %) while it was explored and in 3 of 8 runs (38 %)" in told
    assert "38 points more" in told
    assert "25 points less" in shrinkage("a", Told(2, 4, 1.0), Told(2, 8, 0.7))
    assert "no change" in shrinkage("a", Told(2, 4, 1.0), Told(4, 8, 0.7))
    assert shrinkage("a", None, Told(4, 8, 0.7)) == ""
    assert shrinkage("a", Told(2, 4, 1.0), None) == ""
