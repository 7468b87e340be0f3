"""The number that a claim reads off each run: whether it had an outcome, or a metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vistab.analysis.claims.base import CannotJudge, Table
from vistab.plan.model import Plan

Bounds = tuple[float, float]
HEALTHY = "healthy"


@dataclass(frozen=True)
class Measure:
    """A number by run_id, and the bounds within which it must lie (None if it has none)."""

    values: dict[str, float]
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


def had_outcome(outcome: str, outcomes: dict[str, str]) -> dict[str, float]:
    """1.0 for each run that had the outcome, else 0.0; `failed` is any outcome but healthy."""
    if outcome == "failed":
        return {run_id: float(value != HEALTHY) for run_id, value in outcomes.items()}
    return {run_id: float(value == outcome) for run_id, value in outcomes.items()}


def metric_of(metric: str, run_ids: Sequence[str], table: Table) -> Measure:
    """A column of runs.parquet. Where a run diverged and has no value, it counts as the worst.

    Raises CannotJudge if there is no such column, or no worst value to stand in for a NaN.
    """
    if metric not in table.runs:
        raise CannotJudge(f"the runs have no column {metric}")
    values = table.column(metric, run_ids).astype(float)
    scale = SCALES.get(metric.removeprefix("final_").removeprefix("best_"))
    if scale is not None:
        values = values.fillna(scale.worst)
    if values.isna().any():
        raise CannotJudge(f"{metric} is not a number in {int(values.isna().sum())} runs")
    by_run = {str(run_id): float(value) for run_id, value in values.items()}
    return Measure(by_run, scale.bounds(table.plan) if scale else None)


@dataclass(frozen=True)
class Scale:
    """Where a metric lives: from 0 to `most`, and what a run without a value counts as."""

    most: Callable[[Plan], float]
    worst: float

    def bounds(self, plan: Plan) -> Bounds:
        """The metric's smallest and largest value in this plan."""
        return 0.0, self.most(plan)


def one(_: Plan) -> float:
    """The upper bound of shares."""
    return 1.0


def most_modes(plan: Plan) -> float:
    """The number of modes of the plan's richest target."""
    from vistab.targets import make_target

    targets = {arm.settings.target for arm in plan.arms}
    known = [target.modes for target in map(make_target, targets)]
    return float(max(len(modes.weights) if modes else np.inf for modes in known))


SCALES: dict[str, Scale] = {
    "coverage": Scale(one, worst=0.0),
    "high_quality": Scale(one, worst=0.0),
    "modes": Scale(most_modes, worst=0.0),
    "severity": Scale(one, worst=1.0),
}
"""Metrics with known bounds; the others get a p but no interval."""
