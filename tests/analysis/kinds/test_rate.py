"""rate against pandas where sides differ in two columns, and against McNemar's exact test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test
from statsmodels.stats.contingency_tables import mcnemar

from vistab.analysis import judge

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
FEWER = {"kind": "rate", "expect": "lower"}
SEVERAL = {"treatment": {WEIGHT: 5.0, SCALE: 0.5}, "control": {WEIGHT: 0.0, SCALE: 1.0}}
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}


@pytest.mark.parametrize("outcome", ["failed", "stalled", "healthy"])
def test_six_cells_a_replicate_are_shares_by_replicate(outcome: str, judged_runs, drawn) -> None:
    study, results = judged_runs({**FEWER, "outcome": outcome, **SEVERAL}, drawn(0))
    (verdict,) = judge(study, results)
    runs = results.runs.assign(
        had=results.runs["outcome"].ne("healthy")
        if outcome == "failed"
        else results.runs["outcome"].eq(outcome)
    )
    treatment = runs[(runs[WEIGHT] == 5) & (runs[SCALE] == 0.5)].groupby("replicate")["had"].mean()
    control = runs[(runs[WEIGHT] == 0) & (runs[SCALE] == 1)].groupby("replicate")["had"].mean()
    effects = (treatment - control).to_numpy()
    assert verdict.effect == pytest.approx(effects.mean())
    exact = permutation_test((effects,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert verdict.p == pytest.approx(exact.pvalue)


@given(pairs=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=12))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_one_pair_a_replicate_p_is_that_of_mcnemar(
    pairs: list[tuple[bool, bool]], judged_runs
) -> None:
    """Which takes pairs as independent; these are, one a replicate."""
    tell = lambda run: (  # noqa: E731
        "stalled" if pairs[run.replicate][run.arm.assignment[WEIGHT] > 0] else "healthy"
    )
    axes = {WEIGHT: (0.0, 5.0)}
    study, results = judged_runs({**FEWER, **SIDES}, tell, axes=axes, replicates=len(pairs))
    (verdict,) = judge(study, results)
    table = np.zeros((2, 2))
    for control, treatment in pairs:
        table[int(control), int(treatment)] += 1
    assert verdict.p == pytest.approx(mcnemar(table, exact=True).pvalue)
