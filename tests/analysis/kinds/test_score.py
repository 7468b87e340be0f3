"""score against scipy's U statistic and pandas, and what must leave it as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, permutation_test

from vistab.analysis import judge
from vistab.spec.families import AaeFamily

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
SEVERAL = {  # cells: a replicate, a rate and a number of steps
    "treatment": {WEIGHT: 5.0, SCALE: 0.5},
    "control": {WEIGHT: 0.0, SCALE: 1.0},
}
CELL = ["replicate", RATE, STEPS]
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}
PAIRED = {"axes": {RATE: (1e-3, 2e-3), WEIGHT: (0.0, 5.0)}}
HIGHER = {"kind": "score", "metric": "final_coverage", "expect": "higher"}
ALL, HEALTHY, RANKED = ({**HIGHER, "given": given} for given in ("all", "healthy", "ranked"))
REUSED = settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the fixtures are functions of their arguments

METRICS = {  # and what a failed run counts as
    "final_coverage": -np.inf,
    "severity": np.inf,
    "final_spread": -np.inf,
}


def sides_of(runs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The runs of SEVERAL's two sides."""
    treatment = runs[(runs[WEIGHT] == 5) & (runs[SCALE] == 0.5)]
    control = runs[(runs[WEIGHT] == 0) & (runs[SCALE] == 1)]
    return treatment, control


def net_share(treatment: pd.Series[Any], control: pd.Series[Any]) -> float:
    """2 U / (m n) - 1, which is Cliff's delta; U counts a tie as half."""
    u = mannwhitneyu(treatment, control, method="asymptotic").statistic
    return float(2 * u / (len(treatment) * len(control)) - 1)


def by_replicate(verdict: Any, name: str = "effect") -> list[float]:
    """One number of each replicate."""
    return [row[name] for row in verdict.details["controls"][0]["by_replicate"]]


def told_apart(verdict: Any) -> Any:
    """A verdict without the metric's own means."""
    controls = [{**one, "means": None} for one in verdict.details["controls"]]
    details = {**verdict.details, "means": None, "controls": controls}
    return replace(verdict, details=details, sentence="")


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", METRICS)
def test_ranked_is_the_u_statistic_of_scipy_averaged_by_replicate(
    metric: str, seed: int, judged_runs, drawn
) -> None:
    """Pair by pair; failed runs rank where the metric is worst."""
    study, results = judged_runs({**RANKED, "metric": metric, **SEVERAL}, drawn(seed))
    (verdict,) = judge(study, results)
    ranked = results.runs[metric].where(results.runs["outcome"] == "healthy", METRICS[metric])
    treatment, control = sides_of(results.runs.assign(ranked=ranked))
    others = control.groupby(CELL)["ranked"]
    cells = pd.Series(
        {
            cell: net_share(mine, others.get_group(cell))
            for cell, mine in treatment.groupby(CELL)["ranked"]
        }
    )
    effects = cells.groupby(level=0).mean().to_numpy()
    assert by_replicate(verdict) == pytest.approx(effects)
    exact = permutation_test((effects,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert verdict.p == pytest.approx(exact.pvalue)
    assert verdict.n_cells == len(cells) == 36


@pytest.mark.parametrize("seed", [0, 1])
def test_ranked_shows_the_shares_of_pairs_higher_and_lower(seed: int, judged_runs, drawn) -> None:
    study, results = judged_runs({**RANKED, **SEVERAL}, drawn(seed))
    (verdict,) = judge(study, results)
    ranked = results.runs["final_coverage"].where(results.runs["outcome"] == "healthy", -1.0)
    treatment, control = sides_of(results.runs.assign(ranked=ranked))
    pairs = treatment.merge(control, on=CELL, suffixes=("", "_of_control"))
    difference = pairs["ranked"] - pairs["ranked_of_control"]
    means = {
        side: share.groupby(pairs["replicate"]).mean().to_numpy()
        for side, share in (("treatment", difference > 0), ("control", difference < 0))
    }
    assert 0 < (difference == 0).sum() == verdict.details["n_tied"] < len(pairs)
    assert verdict.details["n_pairs"] == len(pairs)
    assert f"{(difference == 0).sum()} of {len(pairs)} pairs tied" in verdict.sentence
    for side, shares in means.items():
        assert by_replicate(verdict, side) == pytest.approx(shares)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", METRICS)
def test_healthy_is_the_mean_paired_difference_of_pandas(
    metric: str, seed: int, judged_runs, drawn
) -> None:
    study, results = judged_runs({**HEALTHY, "metric": metric, **SEVERAL}, drawn(seed))
    (verdict,) = judge(study, results)
    treatment, control = sides_of(results.runs)
    healthy = [
        side[side["outcome"] == "healthy"].groupby(CELL)[metric].mean()
        for side in (treatment, control)
    ]
    cells = pd.concat(healthy, axis=1, keys=["treatment", "control"]).dropna()
    means = cells.groupby(level=0).mean()
    assert by_replicate(verdict) == pytest.approx(
        (means["treatment"] - means["control"]).to_numpy()
    )
    assert by_replicate(verdict, "control") == pytest.approx(means["control"].to_numpy())
    assert (verdict.details["n_healthy_cells"], verdict.details["n_cells"]) == (len(cells), 36)
    assert 0 < len(cells) < 36
    assert verdict.interval is None if metric == "final_spread" else verdict.interval is not None


@pytest.mark.parametrize("given", ["all", "healthy", "ranked"])
def test_the_shares_that_failed_are_reported_with_every_form(
    given: str, judged_runs, drawn
) -> None:
    study, results = judged_runs({**HIGHER, "given": given, **SEVERAL}, drawn(0))
    (verdict,) = judge(study, results)
    for side, runs in zip(("treatment", "control"), sides_of(results.runs), strict=True):
        assert verdict.details["failed"][side] == pytest.approx(
            (runs["outcome"] != "healthy").mean()
        )


@given(
    seed=st.integers(0, 50),
    transform=st.sampled_from([np.exp, np.cbrt, lambda x: 5 * x - 40, lambda x: x**3]),
)
@REUSED
def test_ranked_stays_the_same_under_any_increasing_transformation(
    seed: int, transform: Any, judged_runs, drawn
) -> None:
    """Only who is ahead counts. A healthy run below 0 is still above every failed one."""
    claim = {**RANKED, "metric": "final_spread", **SEVERAL}
    study, results = judged_runs(claim, drawn(seed))
    (plain,) = judge(study, results)
    results.runs["final_spread"] = transform(results.runs["final_spread"])
    (transformed,) = judge(study, results)
    assert told_apart(transformed) == told_apart(plain)


@given(seed=st.integers(0, 50), constant=st.floats(-0.18, 0.45))
@REUSED
def test_a_constant_added_to_the_metric_leaves_the_difference_of_healthy_runs(
    seed: int, constant: float, judged_runs, drawn
) -> None:
    study, results = judged_runs({**HEALTHY, **SEVERAL}, drawn(seed))
    (plain,) = judge(study, results)
    results.runs["final_coverage"] += constant
    (shifted,) = judge(study, results)
    assert (shifted.effect, shifted.p) == (pytest.approx(plain.effect), plain.p)
    assert shifted.interval == pytest.approx(plain.interval, abs=1e-6)


@pytest.mark.parametrize("given", ["ranked", "healthy"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1.0, 0.0])
def test_ranked_and_healthy_never_read_the_metric_of_a_failed_run(
    given: str, value: float, judged_runs, drawn
) -> None:
    """Not even where it is missing and the metric has no worst value to stand in."""
    claim = {**HIGHER, "metric": "final_spread", "given": given, **SEVERAL}
    study, results = judged_runs(claim, drawn(3))
    (plain,) = judge(study, results)
    results.runs.loc[results.runs["outcome"] != "healthy", "final_spread"] = value
    (again,) = judge(study, results)
    assert told_apart(again) == told_apart(plain)


def test_a_healthy_run_at_the_worst_value_still_beats_a_failed_one(judged_runs) -> None:
    tell = lambda run: {  # noqa: E731
        "outcome": "healthy" if run.arm.assignment[WEIGHT] else "diverged",
        "final_coverage": 0.0 if run.arm.assignment[WEIGHT] else 1.0,
    }
    study, results = judged_runs({**RANKED, **SIDES}, tell, **PAIRED)
    (verdict,) = judge(study, results)
    assert (verdict.effect, verdict.verdict) == (1.0, "supported")


@pytest.mark.parametrize(("expect", "verdict"), [("lower", "supported"), ("higher", "refuted")])
@pytest.mark.parametrize("metric", ["final_reconstruction_error", "final_prior_mismatch"])
def test_of_a_metric_that_improves_downwards_a_failed_run_is_the_highest(
    metric: str, expect: str, verdict: str, judged_runs
) -> None:
    """All is equal but that runs of the control fail."""
    aae = {"family": AaeFamily(kind="aae"), "axes": {WEIGHT: (0.0, 5.0)}}
    tell = lambda run: {  # noqa: E731
        "outcome": "healthy" if run.arm.assignment[WEIGHT] else "mode_collapse",
        metric: 0.5,
    }
    study, results = judged_runs(
        {**RANKED, **SIDES, "metric": metric, "expect": expect}, tell, **aae
    )
    (found,) = judge(study, results)
    assert (found.effect, found.verdict) == (-1.0, verdict)


def test_ranks_show_no_effect_where_all_runs_fail(judged_runs) -> None:
    study, results = judged_runs({**RANKED, **SEVERAL}, lambda run: "stalled")
    (verdict,) = judge(study, results)
    assert (verdict.effect, verdict.p, verdict.verdict) == (0.0, 1.0, "inconclusive")
    assert verdict.details["failed"] == {"treatment": 1.0, "control": 1.0}


@pytest.mark.parametrize("failing", [(0.0, 5.0), (0.0,)])
def test_without_a_cell_that_is_healthy_on_both_sides_the_claim_is_void(
    failing: tuple[float, ...], judged_runs
) -> None:
    """Be it that all runs fail, or all of one side."""
    tell = lambda run: "stalled" if run.arm.assignment[WEIGHT] in failing else "healthy"  # noqa: E731
    study, results = judged_runs({**HEALTHY, **SEVERAL}, tell)
    (verdict,) = judge(study, results)
    assert (verdict.verdict, verdict.effect, verdict.p) == ("void", None, None)
    assert verdict.reason == "no cell has a healthy run on both sides"


def test_replicates_without_a_healthy_pair_are_left_out_and_not_counted_as_zero(
    judged_runs,
) -> None:
    """Two of six replicates fail wholly; in the others the treatment is better by 0.25."""
    tell = lambda run: {  # noqa: E731
        "outcome": "stalled" if run.replicate < 2 else "healthy",
        "final_coverage": 0.75 if run.arm.assignment[WEIGHT] else 0.5,
    }
    study, results = judged_runs({**HEALTHY, **SIDES}, tell, **PAIRED)
    (verdict,) = judge(study, results)
    assert (verdict.effect, verdict.p) == (0.25, 2 / 2**4)
    assert [row["replicate"] for row in verdict.details["controls"][0]["by_replicate"]] == [
        2,
        3,
        4,
        5,
    ]


@pytest.mark.parametrize("given", ["healthy", "ranked"])
def test_a_healthy_run_without_a_value_voids_where_nothing_can_stand_in(
    given: str, judged_runs
) -> None:
    claim = {**HIGHER, "metric": "final_spread", "given": given, **SIDES}
    study, results = judged_runs(claim, lambda run: {"final_spread": np.nan}, **PAIRED)
    (verdict,) = judge(study, results)
    assert verdict.reason == "final_spread is not a number in 24 runs"


@pytest.mark.parametrize(
    ("given", "margin", "verdict"),
    [
        ("all", 0.4, "supported"),
        ("healthy", 0.4, "supported"),
        ("ranked", 0.4, "supported"),
        ("ranked", 0.01, "inconclusive"),
    ],
)
def test_not_lower_is_ruled_by_the_interval_alone(
    given: str, margin: float, verdict: str, judged_runs
) -> None:
    claim = {**HIGHER, "given": given, "expect": "not_lower", "margin": margin, **SIDES}
    tell = lambda run: {"final_coverage": 0.9}  # noqa: E731
    study, results = judged_runs(claim, tell, replicates=20, axes={WEIGHT: (0.0, 5.0)})
    (found,) = judge(study, results)
    assert (found.verdict, found.p) == (verdict, None)


def test_the_unit_says_which_form_was_asked(judged_runs, drawn) -> None:
    units = [
        judge(*judged_runs({**claim, **SEVERAL}, drawn(0)))[0].unit
        for claim in (ALL, HEALTHY, RANKED)
    ]
    assert units == ["final_coverage", "final_coverage", "share of pairs"]


def test_replicates_without_a_healthy_pair_are_planned_for(make_study, make_results) -> None:
    """Of 6 replicates 2 have an effect: three times as many must be planned as must have one."""

    def told(run):
        treated = run.arm.assignment[WEIGHT] == 5
        failed = not treated and run.replicate > 1
        value = 0.6 + 0.1 * run.replicate if treated else 0.6
        return {"outcome": "stalled" if failed else "healthy", "final_coverage": value}

    study = make_study({**HEALTHY, **SIDES}, axes={WEIGHT: (0.0, 5.0)})
    (verdict,) = judge(study, make_results(study, told))
    assert verdict.verdict == "inconclusive"
    assert (verdict.n_replicates, len(verdict.details["controls"][0]["by_replicate"])) == (2, 2)
    # one in six replicates has an effect other than 0, and six of these are enough: the sixth is
    # among 34 if 34 are spread evenly over the six that there are
    assert (verdict.replicates_needed, verdict.settles_as) == (34, "supported")


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", ["final_coverage", "severity"])
def test_all_is_the_mean_paired_difference_of_pandas_over_all_runs(
    metric: str, seed: int, judged_runs, drawn
) -> None:
    """Failed or not: no run is left out, and none is put in another's place."""
    study, results = judged_runs({**ALL, "metric": metric, **SEVERAL}, drawn(seed))
    (verdict,) = judge(study, results)
    means = pd.concat(
        [side.groupby(CELL)[metric].mean() for side in sides_of(results.runs)],
        axis=1,
        keys=["treatment", "control"],
    )
    means = means.groupby(level=0).mean()
    effects = (means["treatment"] - means["control"]).to_numpy()
    assert by_replicate(verdict) == pytest.approx(effects)
    assert by_replicate(verdict, "control") == pytest.approx(means["control"].to_numpy())
    assert verdict.n_cells == 36


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("metric", "worst"),
    [("final_coverage", 0.0), ("severity", 1.0), ("final_modes", 0.0)],
)
def test_given_all_a_run_without_a_value_counts_as_the_worst_there_is(
    metric: str, worst: float, value: float, judged_runs, drawn
) -> None:
    """A run that never had a finite value is no better than one that measured the worst."""

    def tell(run: Any, missing: float) -> dict[str, Any]:
        treated = run.arm.assignment[WEIGHT] == 5
        measured = 0.75 if treated or run.replicate % 2 else missing
        return {"outcome": "healthy" if treated else "diverged", metric: measured}

    claim = {**ALL, "metric": metric, **SIDES}
    found = [
        judge(*judged_runs(claim, lambda run, m=missing: tell(run, m), **PAIRED))[0]
        for missing in (value, worst)
    ]
    assert found[0].effect == pytest.approx((0.75 - worst) / 2)
    assert found[0] == found[1]


def test_coverage_that_is_lower_shows_even_where_every_run_fails(judged_runs) -> None:
    """The ranks of runs that all failed tie, so they see nothing."""

    def tell(run: Any) -> dict[str, Any]:
        covered = 0.4 if run.arm.assignment[WEIGHT] else 0.6
        return {"outcome": "mode_collapse", "final_coverage": covered}

    lower = {**SIDES, "expect": "lower"}
    (mean,) = judge(*judged_runs({**ALL, **lower}, tell, **PAIRED))
    (ranked,) = judge(*judged_runs({**RANKED, **lower}, tell, **PAIRED))
    assert (mean.effect, mean.verdict) == (pytest.approx(-0.2), "supported")
    assert (ranked.effect, ranked.p, ranked.verdict) == (0.0, 1.0, "inconclusive")
    assert ranked.details["n_tied"] == ranked.details["n_pairs"] == 12
    assert "mean 0.4 against 0.6" in ranked.sentence
    assert "0.4 on average over all runs against 0.6" in mean.sentence
