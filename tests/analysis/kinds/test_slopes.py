"""trend and interaction against regressions over all runs of a replicate (scipy, statsmodels)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import linregress

from vistab.analysis import judge

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}
MEASURES = ["outcome", "final_coverage", "severity", "final_spread"]


def measured(measure: str, runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with what is read off each, and the step of its number of steps: 0, 1, 2."""
    value = (runs["outcome"] != "healthy") if measure == "outcome" else runs[measure]
    return runs.assign(value=value.astype(float), step=runs[STEPS].map({1: 0, 2: 1, 5: 2}))


def keys(measure: str) -> dict[str, Any]:
    """The claim's keys for a measure."""
    return {} if measure == "outcome" else {"metric": measure}


def effects_of(verdict: Any) -> list[float]:
    """The effect of each replicate."""
    return [row["effect"] for row in verdict.details["controls"][0]["by_replicate"]]


def product_term(runs: pd.DataFrame, moderator: pd.Series[Any]) -> float:
    """The coefficient of treatment x moderator in an OLS with both main effects."""
    treated = (runs[WEIGHT] == 5).astype(float)
    design = np.column_stack([np.ones(len(runs)), treated, moderator, treated * moderator])
    return float(sm.OLS(runs["value"].to_numpy(), design).fit().params[3])


@pytest.mark.parametrize("measure", MEASURES)
def test_a_trend_is_the_slope_of_scipys_regression_over_a_replicates_runs(
    measure: str, judged_runs, drawn
) -> None:
    claim = {"kind": "trend", "along": STEPS, "expect": "higher", "arms": {WEIGHT: 0.0}}
    study, results = judged_runs({**claim, **keys(measure)}, drawn(0))
    (verdict,) = judge(study, results)
    runs = measured(measure, results.runs[results.runs[WEIGHT] == 0])
    slopes = [
        linregress(mine["step"], mine["value"]).slope for _, mine in runs.groupby("replicate")
    ]
    assert effects_of(verdict) == pytest.approx(slopes)
    assert verdict.effect == pytest.approx(linregress(runs["step"], runs["value"]).slope)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("levels", [(1, 5), (5, 1), (2, 5)])
def test_an_interaction_across_is_the_product_term_of_ols(
    measure: str, levels: tuple[int, int], judged_runs, drawn
) -> None:
    """(effect at a) - (effect at b): a counts as 1 and b as 0."""
    claim = {"kind": "interaction", "across": {STEPS: levels}, "expect": "lower", **SIDES}
    study, results = judged_runs({**claim, **keys(measure)}, drawn(1))
    (verdict,) = judge(study, results)
    runs = measured(measure, results.runs[results.runs[STEPS].isin(levels)])
    terms = [
        product_term(mine, (mine[STEPS] == levels[0]).astype(float))
        for _, mine in runs.groupby("replicate")
    ]
    assert effects_of(verdict) == pytest.approx(terms, abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
def test_an_interaction_along_is_the_product_term_of_ols(measure: str, judged_runs, drawn) -> None:
    claim = {"kind": "interaction", "along": STEPS, "expect": "lower", **SIDES}
    study, results = judged_runs({**claim, **keys(measure)}, drawn(2))
    (verdict,) = judge(study, results)
    runs = measured(measure, results.runs)
    terms = [product_term(mine, mine["step"]) for _, mine in runs.groupby("replicate")]
    assert effects_of(verdict) == pytest.approx(terms, abs=1e-9)


def test_along_two_values_is_across_them_the_other_way_round(judged_runs, drawn) -> None:
    along = {"kind": "interaction", "along": RATE, "expect": "lower", **SIDES}
    across = {**along, "along": None, "across": {RATE: (2e-3, 1e-3)}}
    one, other = (judge(*judged_runs(claim, drawn(3)))[0] for claim in (along, across))
    assert effects_of(one) == pytest.approx(effects_of(other))
    assert (one.p, one.interval) == (other.p, pytest.approx(other.interval))


@pytest.mark.parametrize(
    ("levels", "effect"), [({"across": {STEPS: (1, 5)}}, 2.0), ({"along": STEPS}, -1.0)]
)
def test_the_largest_interaction_that_shares_can_have_is_at_the_end_of_its_interval(
    levels: dict[str, Any], effect: float, judged_runs
) -> None:
    """Treated runs fail at one step a phase alone, the others at more than one alone."""
    tell = lambda run: (  # noqa: E731
        "stalled"
        if (run.arm.assignment[STEPS] == 1) == (run.arm.assignment[WEIGHT] > 0)
        else "healthy"
    )
    claim = {"kind": "interaction", "expect": "lower", **levels, **SIDES}
    (verdict,) = judge(*judged_runs(claim, tell))
    assert verdict.effect == effect
    assert effect in verdict.interval
