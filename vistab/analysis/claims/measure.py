"""The number that a claim reads off each run: whether it had an outcome, or a metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from vistab.analysis.claims.base import CannotJudge, Table, Values
from vistab.analysis.wording import count
from vistab.plan.model import Plan
from vistab.spec.claims import ClaimSpec
from vistab.spec.effects import largest_effect, metric_bounds, reach_of
from vistab.spec.metrics import RUN_METRICS, Metric, base_name, measured

Bounds = tuple[float, float]
HEALTHY = "healthy"


@dataclass(frozen=True)
class Measure:
    """A number by run_id, and the bounds within which it must lie (None if it has none)."""

    values: Values
    bounds: Bounds | None

    def scaled_bounds(self, most: float) -> Bounds | None:
        """Bounds of an effect that is at most `most` times the measure's range."""
        if self.bounds is None:
            return None
        reach = most * (self.bounds[1] - self.bounds[0])
        return -reach, reach


def measure(claim: Any, run_ids: Sequence[str], table: Table) -> Measure:
    """What `claim` (with outcome or metric) reads off the runs."""
    metric = getattr(claim, "metric", None)
    if metric is not None:
        return metric_of(metric, run_ids, table)
    return Measure(had_outcome(claim.outcome, table.outcomes(run_ids)), (0.0, 1.0))


def had_outcome(outcome: str, outcomes: dict[str, str]) -> dict[str, Fraction]:
    """1 for each run that had the outcome, else 0; `failed` is any outcome but healthy."""
    if outcome == "failed":
        return {run_id: Fraction(value != HEALTHY) for run_id, value in outcomes.items()}
    return {run_id: Fraction(value == outcome) for run_id, value in outcomes.items()}


def to_ten_digits(value: float) -> Fraction:
    """The value as a decimal number of ten digits.

    What measures the same in two runs need not be equal to the last bit (sums in another order);
    such a difference is no effect.
    """
    return Fraction(f"{value:.10g}")


def metric_of(metric: str, run_ids: Sequence[str], table: Table) -> Measure:
    """A column of runs.parquet. A run without a finite value counts as the worst there is.

    What chance carries beyond a bound (high_quality of a narrow sampler) counts as the bound.
    Raises CannotJudge if there is no such column, or no worst value to stand in for a NaN.
    """
    if metric not in table.runs:
        raise CannotJudge(f"the runs have no column {metric}")
    values = table.column(metric, run_ids).astype(float)
    values = values.where(np.isfinite(values))
    bounds = bounds_of(metric, table.plan)
    if bounds is not None:
        values = values.fillna(bounds[better_of(metric, table.plan) == "lower"]).clip(*bounds)
    if n_missing := int(values.isna().sum()):
        raise CannotJudge(f"{metric} is not a number in {count(n_missing, 'run')}")
    return Measure({str(run): to_ten_digits(value) for run, value in values.items()}, bounds)


def bounds_of(metric: str, plan: Plan) -> Bounds | None:
    """The least and the largest value that a metric can have in this plan; None if it has none."""
    return metric_bounds(metric, measured(plan.study), most_modes(plan))


def largest_effect_of(claim: ClaimSpec, plan: Plan, n_levels: int) -> float | None:
    """The largest effect that `claim` could find in this plan; None if there is no limit."""
    reach = reach_of(claim, measured(plan.study), most_modes(plan))
    return largest_effect(claim, reach, n_levels, plan.study.budget.rounds)


def better_of(metric: str, plan: Plan) -> str:
    """Which way a metric improves."""
    return known_metrics(plan)[base_name(metric)].better


def known_metrics(plan: Plan) -> dict[str, Metric]:
    """Metrics of every run, and those of the plan's family."""
    return {**RUN_METRICS, **measured(plan.study)}


def most_modes(plan: Plan) -> float:
    """The number of modes of the plan's richest target; the most there may be if it is images."""
    return float(max(target.most_modes for target in {arm.settings.target for arm in plan.arms}))
