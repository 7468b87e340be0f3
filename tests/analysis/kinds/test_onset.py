"""onset against lifelines, replicate by replicate and side by side."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from vistab.analysis import judge

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
SEVERAL = {"treatment": {WEIGHT: 5.0, SCALE: 0.5}, "control": {WEIGHT: 0.0, SCALE: 1.0}}
ROUNDS = 100
EVENTS = {"failure": ("onset_round", "later"), "convergence": ("converged_round", "sooner")}


def restricted_mean(times: pd.Series[Any]) -> float:
    """Area under lifelines' Kaplan-Meier curve; what did not happen is censored at the budget."""
    happened = times.notna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines warns of approximating a variance, not used
        fitter = KaplanMeierFitter().fit(times.fillna(ROUNDS).astype(float), happened)
        return float(restricted_mean_survival_time(fitter, t=ROUNDS))


def times_of(event: str, runs: pd.DataFrame) -> pd.Series[Any]:
    """When the event came; missing if never. A stalled run failed at round 0."""
    times = runs[EVENTS[event][0]].astype("Float64")
    return times.mask((runs["outcome"] == "stalled") & (event == "failure"), 0.0)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("event", EVENTS)
def test_effects_are_differences_of_lifelines_restricted_means(
    event: str, seed: int, judged_runs, drawn
) -> None:
    claim = {"kind": "onset", "event": event, "expect": EVENTS[event][1], **SEVERAL}
    study, results = judged_runs(claim, drawn(seed))
    (verdict,) = judge(study, results)
    runs = results.runs.assign(time=times_of(event, results.runs))
    sides = {
        "treatment": runs[(runs[WEIGHT] == 5) & (runs[SCALE] == 0.5)],
        "control": runs[(runs[WEIGHT] == 0) & (runs[SCALE] == 1)],
    }
    assert all(side["time"].isna().any() and side["time"].notna().any() for side in sides.values())
    (control,) = verdict.details["controls"]
    for side, mine in sides.items():
        means = [restricted_mean(times) for _, times in mine.groupby("replicate")["time"]]
        assert [row[side] for row in control["by_replicate"]] == pytest.approx(means)
        assert control["restricted_mean"][side] == pytest.approx(restricted_mean(mine["time"]))
    effect = restricted_mean(sides["treatment"]["time"]) - restricted_mean(sides["control"]["time"])
    assert verdict.effect == pytest.approx(effect)


def test_an_event_after_the_budget_counts_as_never(judged_runs) -> None:
    """A round beyond the last adds nothing to min(T, rounds)."""
    claim = {"kind": "onset", "event": "convergence", "expect": "sooner", **SEVERAL}
    late = lambda run: {"converged_round": 150 if run.arm.assignment[WEIGHT] else 100}  # noqa: E731
    (verdict,) = judge(*judged_runs(claim, late))
    assert verdict.effect == 0


def test_the_curve_is_that_of_lifelines(judged_runs, drawn) -> None:
    claim = {"kind": "onset", "event": "failure", "expect": "later", **SEVERAL}
    study, results = judged_runs(claim, drawn(2))
    (verdict,) = judge(study, results)
    runs = results.runs[(results.runs[WEIGHT] == 5) & (results.runs[SCALE] == 0.5)]
    times = times_of("failure", runs)
    curve = verdict.details["survival"]["treatment"]
    fitter = KaplanMeierFitter().fit(times.fillna(ROUNDS).astype(float), times.notna())
    expected = fitter.survival_function_at_times(curve["rounds"]).to_numpy()
    assert curve["survival"] == pytest.approx(expected)
    assert np.all(np.diff(curve["survival"]) <= 0)
