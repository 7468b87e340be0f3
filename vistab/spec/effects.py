"""How large the effect of a claim can be at most: what its interval, and its margin, lie within."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vistab.spec.claims import (
    ClaimSpec,
    IdenticalClaim,
    InteractionClaim,
    OnsetClaim,
    ScoreClaim,
    StableRegionClaim,
    TrendClaim,
)
from vistab.spec.metrics import RUN_METRICS, Metric, base_name

Bounds = tuple[float, float]


def metric_bounds(column: str, own: Mapping[str, Metric], most_modes: float) -> Bounds | None:
    """The smallest and the largest value that a column of runs can hold; None without bounds.

    own: the metrics beside every run's (see `measured`). most_modes: of the study's richest target.
    """
    name = base_name(column)
    if name == "modes":
        return 0.0, most_modes
    known = {**RUN_METRICS, **own}.get(name)
    return None if known is None or known.most is None else (0.0, known.most)


def reach_of(claim: Any, own: Mapping[str, Metric], most_modes: float) -> float | None:
    """How far apart two runs can be in what `claim` reads off them; None without a limit.

    1 for an outcome: had or not.
    """
    metric = getattr(claim, "metric", None)
    if metric is None:
        return 1.0
    bounds = metric_bounds(metric, own, most_modes)
    return None if bounds is None else bounds[1] - bounds[0]


def largest_effect(
    claim: ClaimSpec, reach: float | None, n_levels: int, rounds: int
) -> float | None:
    """The largest effect that the claim could find, either way, in its own unit; None if unknown.

    reach: of `reach_of`. n_levels: values of the axis that the claim runs along. rounds: the budget
    of a run.
    """
    if isinstance(claim, IdenticalClaim):
        return None
    if isinstance(claim, OnsetClaim):
        return float(rounds)
    if isinstance(claim, StableRegionClaim):
        return float(n_levels)
    if isinstance(claim, ScoreClaim) and claim.given == "ranked":
        return 1.0
    return None if reach is None else reach * _times(claim, n_levels)


def _times(claim: ClaimSpec, n_levels: int) -> float:
    """How many times the reach of one run the effect of a claim can be."""
    if isinstance(claim, TrendClaim):
        return largest_slope(n_levels)
    if isinstance(claim, InteractionClaim):
        return 2.0 if claim.along is None else 2 * largest_slope(n_levels)
    return 1.0


def largest_slope(n_levels: int) -> float:
    """The steepest least-squares slope per step of `n_levels` values in [0, 1], 2 of them at least.

    The lower half of them is 0 and the upper 1.
    """
    return 6.0 * (n_levels**2 // 4) / (n_levels * (n_levels**2 - 1))
