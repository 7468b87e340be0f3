"""identical against numpy, over all pairs of runs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from vistab.analysis import judge

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_largest_difference_is_that_of_all_pairs_that_differ_in_the_axis_alone(
    seed: int, judged_runs
) -> None:
    shifts = np.random.default_rng(seed)
    claim = {"kind": "identical", "vary": STEPS}
    study, results = judged_runs(claim, lambda run: {"shift": float(shifts.random())})
    (verdict,) = judge(study, results)
    last = results.history[results.history["round"] == 30].set_index("run_id")
    rest = results.runs.set_index("run_id").groupby(["replicate", RATE, WEIGHT, SCALE])
    pairs = [pair for runs in rest.groups.values() for pair in combinations(runs, 2)]
    differences = [
        max(
            abs(last["coverage"][a] - last["coverage"][b]),
            np.abs(last["mode_shares"][a] - last["mode_shares"][b]).max(),
        )
        for a, b in pairs
    ]
    assert verdict.details["n_pairs"] == len(pairs)
    assert verdict.effect == pytest.approx(max(differences), rel=1e-6)


@pytest.mark.parametrize("other", [[0.25, 0.25, 0.5], None], ids=["another length", "none at all"])
def test_lists_of_other_lengths_are_a_difference(other, judged_runs) -> None:
    """As of runs that learn from targets of other numbers of modes."""
    study, results = judged_runs({"kind": "identical", "vary": STEPS}, lambda run: "healthy")
    ids = results.runs.loc[results.runs[STEPS] == results.runs[STEPS].max(), "run_id"]
    touched = results.history["run_id"].isin(ids)
    shares = results.history["mode_shares"].to_list()
    results.history["mode_shares"] = [
        other if change else kept for change, kept in zip(touched, shares, strict=True)
    ]
    (verdict,) = judge(study, results)
    assert verdict.verdict == "refuted"
    assert verdict.details["largest_difference"] is None
    assert "lengths or missing numbers differ" in verdict.sentence
