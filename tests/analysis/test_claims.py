"""Every kind against a second way to its effect: pandas for effects, scipy for p."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test

from vistab.analysis import Verdict, judge
from vistab.analysis.claims import KINDS
from vistab.spec.claims import CLAIMS

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
SWAPPED = {"treatment": {WEIGHT: 0}, "control": {WEIGHT: 5}}


COMPARED = {
    "rate": {"kind": "rate", "expect": "lower"},
    "rate of one outcome": {"kind": "rate", "expect": "lower", "outcome": "stalled"},
    "equivalence": {"kind": "equivalence", "margin": 0.3},
    "rate within": {"kind": "rate", "expect": "lower", "within": {STEPS: (2, 5)}},
    "onset of failure": {"kind": "onset", "event": "failure", "expect": "later"},
    "onset of convergence": {"kind": "onset", "event": "convergence", "expect": "sooner"},
    "score": {"kind": "score", "given": "ranked", "metric": "final_coverage", "expect": "higher"},
    "score healthy": {
        "kind": "score",
        "metric": "final_coverage",
        "given": "healthy",
        "expect": "lower",
    },
    "interaction across": {"kind": "interaction", "across": {STEPS: (5, 1)}, "expect": "lower"},
    "interaction along": {"kind": "interaction", "along": STEPS, "expect": "lower"},
    "interaction of a metric": {
        "kind": "interaction",
        "along": RATE,
        "metric": "final_coverage",
        "expect": "lower",
    },
    "stable region": {"kind": "stable_region", "along": RATE, "expect": "wider"},
}
TRENDS = {
    "trend": {"kind": "trend", "along": STEPS, "expect": "higher", "arms": {WEIGHT: 0}},
    "trend of a metric": {
        "kind": "trend",
        "along": RATE,
        "metric": "final_coverage",
        "expect": "lower",
    },
}


def run_values(name: str, runs: pd.DataFrame) -> pd.Series[Any]:
    """What the claim reads off each run."""
    never = runs.shape[0] * [100.0]
    if "metric" in name:
        return runs["final_coverage"]
    if name == "onset of failure":
        times = runs["onset_round"].fillna(100).astype(float)
        return times.where(runs["outcome"] != "stalled", 0.0)
    if name == "onset of convergence":
        return runs["converged_round"].astype(float).fillna(pd.Series(never))
    if name == "stable region":
        return (runs["outcome"] == "healthy").astype(float)
    if "one outcome" in name:
        return (runs["outcome"] == "stalled").astype(float)
    return (runs["outcome"] != "healthy").astype(float)


def stretch(row: Any) -> int:
    """Longest healthy stretch, by splitting a text."""
    return max(map(len, "".join("x" if value else " " for value in row).split()), default=0)


def scores_by_pandas(name: str, runs: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Who is ahead in each pair, failed runs last; or by how much, where both are healthy."""
    left_out = np.nan if name == "score healthy" else -1.0
    value = runs["final_coverage"].where(runs["outcome"] == "healthy", left_out)
    wide = runs.assign(value=value).pivot(index=["replicate", RATE, STEPS], columns=WEIGHT)["value"]
    difference = wide[5.0] - wide[0.0]
    pairs = difference.dropna() if name == "score healthy" else np.sign(difference)
    return pairs.groupby("replicate").mean().to_numpy()


def effects_by_pandas(name: str, runs: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Effect per replicate, from a wide table of cells."""
    if name.startswith("score"):
        return scores_by_pandas(name, runs)
    runs = runs.assign(value=run_values(name, runs))
    if name == "rate within":
        runs = runs[runs[STEPS] > 1]
    if name == "trend":
        runs = runs[runs[WEIGHT] == 0]
    along = {"trend": STEPS, "interaction along": STEPS, "interaction across": STEPS}.get(
        name, RATE
    )
    wide = runs.pivot_table("value", ["replicate", WEIGHT, *({RATE, STEPS} - {along})], along)
    steps = wide.columns.get_indexer(wide.columns)
    if name == "stable region":
        cells = wide.apply(stretch, axis=1)
    elif name == "interaction across":
        cells = wide[5] - wide[1]
    elif "along" in name or "metric" in name or "trend" in name:
        cells = wide.apply(lambda row: np.polyfit(steps, row, 1)[0], axis=1)
    else:
        cells = wide.mean(axis=1)
    means = cells.groupby(["replicate", WEIGHT]).mean().unstack()
    effects = means.mean(axis=1) if name.startswith("trend") else means[5.0] - means[0.0]
    return effects.to_numpy()


def claim_of(name: str) -> dict[str, Any]:
    """The claim's keys."""
    return TRENDS[name] if name in TRENDS else {**SIDES, **COMPARED[name]}


def judged(make_study, results, claim: dict[str, Any]) -> Verdict:
    """The only verdict of a study with one claim."""
    (verdict,) = judge(make_study(claim), results)
    return verdict


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", [*COMPARED, *TRENDS])
def test_effect_and_p_equal_those_of_pandas_and_scipy(
    name: str, seed: int, make_study, make_results, random_rows
) -> None:
    study = make_study(claim_of(name))
    results = make_results(study, random_rows(seed))
    (verdict,) = judge(study, results)
    oracle = effects_by_pandas(name, results.runs)
    found = [row["effect"] for row in verdict.details["controls"][0]["by_replicate"]]
    assert found == pytest.approx(oracle, rel=1e-9, abs=1e-9)
    assert verdict.effect == pytest.approx(oracle.mean(), rel=1e-9, abs=1e-9)
    exact = permutation_test((oracle,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert verdict.p == (None if name == "equivalence" else pytest.approx(exact.pvalue))
    assert verdict.interval[0] <= verdict.effect <= verdict.interval[1]
    assert verdict.n_replicates == 6


@pytest.mark.parametrize("name", COMPARED)
def test_swapping_treatment_and_control_turns_the_effect_and_leaves_p(
    name: str, make_study, make_results, random_rows
) -> None:
    claim = claim_of(name)
    results = make_results(make_study(claim), random_rows(2))
    plain, swapped = (judged(make_study, results, {**claim, **s}) for s in (SIDES, SWAPPED))
    assert swapped.effect == pytest.approx(-plain.effect)
    assert swapped.interval == pytest.approx((-plain.interval[1], -plain.interval[0]), abs=1e-4)
    assert swapped.p == plain.p


@pytest.mark.parametrize("name", [*COMPARED, *TRENDS])
def test_relabelling_replicates_changes_nothing(
    name: str, make_study, make_results, random_rows
) -> None:
    study = make_study(claim_of(name))
    told = make_results(study, random_rows(3))
    labels = sorted(told.runs["replicate"].unique())
    turned = dict(zip(labels, labels[1:] + labels[:1], strict=True))
    (plain,) = judge(study, told)
    (relabelled,) = judge(study, make_results(study, replay(told, turned)))
    assert relabelled.effect == pytest.approx(plain.effect)
    assert relabelled.p == plain.p
    assert relabelled.interval == pytest.approx(plain.interval, abs=1e-9)


@pytest.mark.parametrize("name", [*COMPARED, *TRENDS])
def test_doubling_every_cell_changes_nothing(
    name: str, make_study, make_results, random_rows
) -> None:
    """A new axis whose values give the same outcomes adds cells, not evidence."""
    small = make_study(claim_of(name))
    double = make_study(
        claim_of(name), axes={**small.axes, "optimizer.generator_scale": (0.5, 1.0)}
    )
    told = make_results(small, random_rows(4))
    (once,) = judge(small, told)
    (twice,) = judge(double, make_results(double, replay(told)))
    assert twice.n_cells == 2 * once.n_cells
    assert twice.effect == pytest.approx(once.effect)
    assert twice.interval == pytest.approx(once.interval, abs=1e-9)
    assert twice.p == once.p


def replay(told: Any, labels: dict[int, int] | None = None) -> Any:
    """Rows told before, by replicate (or what `labels` makes of it) and the three axes."""
    columns = ["outcome", "onset_round", "converged_round", "final_coverage"]
    rows = told.runs.set_index(["replicate", RATE, STEPS, WEIGHT])[columns].astype(object)

    def tell(run: Any) -> dict[str, Any]:
        replicate = labels[run.replicate] if labels else run.replicate
        arm = run.arm.assignment
        row = rows.loc[(replicate, arm[RATE], arm[STEPS], arm[WEIGHT])]
        return {name: None if pd.isna(value) else value for name, value in row.items()}

    return tell


def test_every_kind_that_may_be_claimed_can_be_judged() -> None:
    assert KINDS.keys() == CLAIMS.keys()


def test_onset_carries_survival_curves_whose_areas_are_the_means(
    make_study, make_results, random_rows
) -> None:
    study = make_study(claim_of("onset of failure"))
    (verdict,) = judge(study, make_results(study, random_rows(0)))
    (control,) = verdict.details["controls"]
    for side in ("treatment", "control"):
        assert control["restricted_mean"][side] == pytest.approx(control[f"{side}_mean"])
        curve = control["survival"][side]
        assert len({len(values) for values in curve.values()}) == 1
        assert curve["rounds"][-1] == 100


def test_stable_region_is_the_mean_length_of_the_cells_lines(make_study, make_results) -> None:
    """A line for each number of steps: with the treatment lengths 3, 0 and 1, so 4/3."""
    claim = {
        "kind": "stable_region",
        "along": RATE,
        "expect": "wider",
        "treatment": {WEIGHT: 5},
        "control": {WEIGHT: 0},
    }
    healthy = {1: (1e-3, 2e-3, 4e-3), 2: (), 5: (2e-3,)}

    def tell(run) -> str:
        arm = run.arm.assignment
        return "healthy" if arm[WEIGHT] and arm[RATE] in healthy[arm[STEPS]] else "stalled"

    study = make_study(claim)
    (verdict,) = judge(study, make_results(study, tell))
    assert verdict.effect == pytest.approx(4 / 3)
    assert verdict.details["healthy"]["treatment"] == pytest.approx([1 / 3, 2 / 3, 1 / 3])


def test_a_diverged_run_without_coverage_counts_as_covering_nothing(
    make_study, make_results
) -> None:
    claim = {"kind": "trend", "along": STEPS, "metric": "final_coverage", "expect": "lower"}
    study = make_study(claim)
    results = make_results(
        study,
        lambda run: {
            "final_coverage": np.nan if run.arm.assignment[STEPS] == 5 else 1.0,
            "outcome": "diverged" if run.arm.assignment[STEPS] == 5 else "healthy",
        },
    )
    (verdict,) = judge(study, results)
    assert verdict.details["level_means"] == [1, 1, 0]
    assert verdict.verdict == "supported"
