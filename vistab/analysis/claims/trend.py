"""trend: an outcome or metric rises or falls along the order of an axis."""

from __future__ import annotations

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    Evidence,
    Kind,
    Table,
    evidence_of,
    floats,
    mean,
    replicates_of,
    run_ids_of,
    side_values,
)
from vistab.analysis.claims.measure import measure
from vistab.analysis.stats.order import slope_weights
from vistab.plan.cells import Comparison
from vistab.spec.claims import TrendClaim
from vistab.spec.effects import largest_slope


def gather(claim: TrendClaim, comparison: Comparison, table: Table) -> Evidence:
    """Mean least-squares slope per step of the axis's order."""
    found = measure(claim, run_ids_of(comparison), table)
    by_level = side_values(comparison, "arms", found.values)
    n_levels = len(comparison.levels)
    return evidence_of(
        replicates_of(comparison),
        by_level @ slope_weights(n_levels),
        bounds=found.scaled_bounds(largest_slope(n_levels)),
        details={
            "levels": list(comparison.levels),
            "level_means": floats(mean(by_level)).tolist(),
            "level_by_replicate": floats(by_level).tolist(),
        },
    )


def unit(claim: TrendClaim) -> str:
    """Per step: axes need not be evenly spaced, so only their order counts."""
    return f"{claim.metric or 'share of runs'} per step"


TREND = Kind(
    gather,
    unit,
    SIGN_FLIP,
    (*EXCHANGEABLE, "Only the order of the axis's values counts, not their distances."),
)
