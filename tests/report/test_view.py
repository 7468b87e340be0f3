"""The report's data, before any of it is drawn."""

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.verdict import Verdict
from vistab.report.view import build_view
from vistab.report.view.claims import (
    answer,
    compact_runs,
    figure_labels,
    forest_reach,
    forest_row,
)
from vistab.report.view.happened import quantile
from vistab.report.view.layout import choose_layout, grid_runs, named_runs
from vistab.report.view.payload import MISSING, quantise
from vistab.report.view.typical import medoid, typical_groups
from vistab.results import Results
from vistab.spec.claims import ScoreClaim
from vistab.spec.study import Study


def test_the_layout_follows_what_claims_compare_and_what_is_continuous(study: Study) -> None:
    layout = choose_layout(study)
    assert layout.series is not None
    assert layout.x is not None
    assert layout.series.path == "family.regularizer.weight"
    assert layout.x.path == "optimizer.learning_rate"
    assert [f.path for f in layout.facets] == ["family.batch_norm", "family.generator_steps"]
    assert layout.levels == (0, 5)


def test_without_claims_the_first_continuous_axis_gives_the_rows(study: Study) -> None:
    layout = choose_layout(study.model_copy(update={"claims": ()}))
    assert layout.series is not None
    assert layout.series.path == "family.regularizer.weight"
    assert layout.levels == (0, 1, 5, 20)


def test_an_axis_that_alone_tells_treatment_from_several_controls_gives_the_rows(
    study: Study,
) -> None:
    """Another axis that all sides name alike does not count; nor do sides that differ in two."""
    weight, steps, norm = "family.regularizer.weight", "family.generator_steps", "family.batch_norm"
    (rivals,) = (claim for claim in study.claims if claim.id == "rivals")
    by_steps = rivals.model_copy(
        update={
            "treatment": {steps: 5, norm: False},
            "control": ({steps: 1, norm: False}, {steps: 2, norm: False}),
        }
    )
    layout = choose_layout(study.model_copy(update={"claims": (rivals, by_steps)}))
    assert layout.series is not None
    assert layout.series.path == steps
    assert (layout.pair, layout.levels) == (None, (1, 2, 5))
    alone = choose_layout(study.model_copy(update={"claims": (rivals,)}))
    assert alone.series is not None
    assert alone.series.path == weight  # the first continuous one, since rivals differ in two


def test_a_study_that_sweeps_nothing_has_one_panel(study: Study) -> None:
    layout = choose_layout(study.model_copy(update={"axes": {}, "claims": ()}))
    assert layout.series is None
    assert list(layout.panels()) == [{}]


def test_the_compared_levels_have_the_curves_and_colours_of_their_own_runs(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    """Weight 5 is the treatment, 0 the control; a panel an assignment of the other axes."""
    view = build_view(study, verdicts, results)
    runs, history = results.runs, results.history
    for panel, facet in zip(view.coverage, view.curves.panels(), strict=True):
        assert [one.side for one in panel.series] == ["control", "treatment"]
        for one, weight in zip(panel.series, (0, 5), strict=True):
            assert (one.label, one.short) == (f"regularizer weight {weight}", str(weight))
            own = grid_runs(study, runs)
            for path, value in {**facet, "family.regularizer.weight": weight}.items():
                own = own[own[path] == value]
            last = history[history["round"] == history["round"].max()].set_index("run_id")
            ends = last.loc[sorted(own["run_id"]), "coverage"]
            assert one.values[:, -1] == pytest.approx(ends.to_numpy(), nan_ok=True)


def test_named_arms_stay_out_of_the_maps(study: Study, results: Any) -> None:
    grid = grid_runs(study, results.runs)
    assert set(grid["optimizer.generator_scale"]) == {1.0}
    assert 0 < len(grid) < len(results.runs)


def test_every_grid_run_is_in_one_cell_of_the_maps(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    view = build_view(study, verdicts, results)
    counted = sum(tally.n for panel in view.maps for row in panel.cells for tally in row if tally)
    assert counted == len(grid_runs(study, results.runs))
    unplanned = sum(cell is None for panel in view.maps for row in panel.cells for cell in row)
    assert unplanned == 2 * 2 * 3


def test_a_cell_counts_the_failed_runs_of_its_arm(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    panel = build_view(study, verdicts, results).maps[0]
    grid = grid_runs(study, results.runs)
    here = grid[
        (grid["family.batch_norm"] == False)  # noqa: E712  elementwise
        & (grid["family.generator_steps"] == 1)
        & (grid["family.regularizer.weight"] == 0)
        & (grid["optimizer.learning_rate"] == 2e-3)
    ]
    tally = panel.cells[0][1]
    assert tally is not None
    assert (tally.failed, tally.n) == ((here["outcome"] != "healthy").sum(), len(here))


def test_the_flow_accounts_for_every_planned_run(
    study: Study, results: Any, verdicts: tuple[Verdict, ...], synthetic: Any
) -> None:
    *_, lose = synthetic
    lost = lose(lose(results, results.runs.index[:7], "crashed", "Boom"), [20, 21], "missing")
    view = build_view(study, verdicts, lost)
    flow = view.flow
    assert (flow.crashed, flow.missing) == (7, 2)
    assert flow.planned == flow.finished + flow.crashed + flow.missing
    assert flow.tally.n == flow.finished
    assert sorted(len(loss.run_ids) for loss in view.losses) == [2, 7]


def test_the_answer_counts_verdicts(verdicts: tuple[Verdict, ...]) -> None:
    told = answer(verdicts, 240, 4)
    assert told == (
        "4 of 8 claims supported, 1 refuted, 2 inconclusive, 1 void; 240 runs, 4 replicates."
    )
    assert answer((), 1, 1) == "No claims were declared; 1 run, 1 replicate."


def test_the_forest_turns_every_claim_to_its_declared_direction(
    verdicts: tuple[Verdict, ...],
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    row = forest_row(rate)
    assert row.standardised
    assert row.effect == pytest.approx(4.12)
    assert (row.low, row.high) == pytest.approx((2.87, 5.23))
    assert row.marks == (1.0,)
    higher = forest_row(replace(rate, expect="higher"))
    assert higher.effect == pytest.approx(-4.12)
    assert (higher.low, higher.high) == pytest.approx((-5.23, -2.87))
    assert forest_row(replace(rate, expect="not_higher")).marks == (-1.0,)


def test_a_claim_without_margin_keeps_its_own_scale(verdicts: tuple[Verdict, ...]) -> None:
    onset = forest_row(next(verdict for verdict in verdicts if verdict.kind == "onset"))
    assert not onset.standardised
    assert onset.high == pytest.approx(1.0)
    assert forest_reach([onset]) == 1.5


def test_a_void_claim_has_nothing_to_draw(verdicts: tuple[Verdict, ...]) -> None:
    row = forest_row(next(verdict for verdict in verdicts if verdict.verdict == "void"))
    assert (row.effect, row.low, row.high) == (None, None, None)


@pytest.mark.parametrize(
    ("given", "label"),
    [("ranked", "pairs with the higher coverage at the end"), ("healthy", "coverage at the end")],
)
def test_the_figure_of_a_score_says_whether_pairs_or_the_metric_is_drawn(
    given: str, label: str
) -> None:
    sides = {"treatment": {"a": 1}, "control": {"a": 0}}
    claim = ScoreClaim(
        id="C",
        says="s",
        kind="score",
        metric="final_coverage",
        given=given,
        expect="higher",
        **sides,
    )
    assert figure_labels(claim)["measured"] == label


def test_run_ids_are_told_by_arm_with_gaps_shown() -> None:
    assert compact_runs(["ab-r000", "ab-r001", "ab-r003", "cd-r002"]) == (
        "ab: r000 to r001 and r003; cd: r002"
    )


def test_the_medoid_is_the_middle_curve_even_beside_a_diverged_one() -> None:
    values = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [np.nan, np.nan], [0.4, 0.5]])
    assert medoid(values) == 4


def test_a_quantile_ignores_runs_that_have_ended() -> None:
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    assert quantile(values, 0.5).tolist()[:2] == [2.0, 5.0]
    assert np.isnan(quantile(values, 0.5)[2])


def test_named_arms_have_groups_of_their_own_after_those_of_the_grid(
    study: Study, results: Results
) -> None:
    """Each with all of its finished runs, told by its name."""
    grid = grid_runs(study, results.runs)
    named = named_runs(grid, results.runs)
    groups, more = typical_groups(grid.head(0), results.history, choose_layout(study), named)
    assert not more
    arms = ("half_step", "quarter_step", "tenth_step")
    assert [group.title for group in groups] == [f"{arm}, regularizer weight 0" for arm in arms]
    finished = results.runs[results.runs["status"] == "finished"]
    for arm, group in zip(arms, groups, strict=True):
        assert group.n == (finished["arm"] == arm).sum()
        assert {run.run_id for run in group.runs} <= set(finished["run_id"][finished["arm"] == arm])


def test_strips_show_a_failing_and_a_healthy_run_of_their_own_group(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    strips = build_view(study, verdicts, results).strips
    assert strips is not None
    fates = results.runs.set_index("run_id")["outcome"]
    for row in strips.rows:
        if row.failing:
            run = row.failing.run
            assert fates[run.run_id] == run.outcome != "healthy"
        if row.healthy:
            assert fates[row.healthy.run.run_id] == "healthy"
            assert row.healthy.onset_frame is None


def test_the_onset_frame_is_the_first_at_or_after_the_onset(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    strips = build_view(study, verdicts, results).strips
    assert strips is not None
    shown = [row.failing for row in strips.rows if row.failing and row.failing.run.onset_round]
    assert shown
    for strip in shown:
        assert strip.onset_frame is not None
        assert strip.run.onset_round is not None
        assert strip.rounds[strip.onset_frame] >= strip.run.onset_round


def test_the_rival_arms_are_those_of_the_claim_with_most_controls(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    why = build_view(study, verdicts, results).why
    assert why is not None
    assert why.claim_id == "rivals"
    assert [group.side for group in why.groups] == [
        "treatment", "control0", "control1", "control2",
    ]  # fmt: skip
    assert {len(group.x) for group in why.groups} == {study.replicates}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_a_byte_keeps_a_share_to_a_quarter_percent(shares: list[float]) -> None:
    values = np.array(shares)
    assert np.abs(quantise(values, 0, 1) / 254 - values).max() <= 0.5 / 254 + 1e-9


def test_what_is_not_finite_is_marked_missing() -> None:
    found = quantise(np.array([np.nan, np.inf, -np.inf, 0.0]), 0, 1)
    assert found.tolist() == [MISSING, MISSING, MISSING, 0]


def test_the_payload_holds_every_run_and_its_coverage(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    data = build_view(study, verdicts, results).payload
    runs, rounds = len(results.runs), study.budget.snapshots
    assert len(data["replicate"]) == runs
    ended = [data["ended"]["names"][k].replace(" ", "_") for k in data["ended"]["index"]]
    assert ended == list(results.runs["outcome"])
    curves = np.frombuffer(base64.b64decode(data["curves"]["data"]), dtype=np.uint8)
    curves = curves.reshape(len(data["curves"]["columns"]), runs, rounds)
    first = results.history[results.history["run_id"] == results.runs["run_id"][0]]
    assert curves[0, 0] / 254 == pytest.approx(first["coverage"], abs=0.003)


def test_the_payload_names_the_runs_behind_each_claim(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    data = build_view(study, verdicts, results).payload
    assert data["claims"]["rate"] == [0, 48]


def test_each_group_of_rivals_has_the_displacement_and_coverage_of_its_own_runs(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    why = build_view(study, verdicts, results).why
    assert why is not None
    at = {"family.batch_norm": False, "family.generator_steps": 2, "optimizer.learning_rate": 1e-3}
    arms = [(5, 1.0), (0, 0.5), (0, 0.25), (0, 0.1)]
    moved = results.history.groupby("run_id")["displacement"].mean()
    for group, (weight, scale) in zip(why.groups, arms, strict=True):
        wanted = {
            **at,
            "family.regularizer.weight": weight,
            "optimizer.generator_scale": scale,
        }
        own = results.runs
        for path, value in wanted.items():
            own = own[own[path] == value]
        own = own.set_index("run_id")
        assert sorted(group.x) == pytest.approx(sorted(moved[own.index]))
        assert sorted(group.y) == pytest.approx(sorted(own["final_coverage"]))
    panel = next(one for one in why.signals if one.title.startswith("displacement"))
    for series, group in zip(panel.series, why.groups, strict=True):
        assert series.side == group.side
        assert sorted(np.nanmean(series.values, axis=1)) == pytest.approx(sorted(group.x))
