"""rate: the share of runs with an outcome differs between treatment and control."""

from __future__ import annotations

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    Evidence,
    Kind,
    Table,
    run_ids_of,
    side_values,
    two_sides,
)
from vistab.analysis.claims.measure import measure
from vistab.plan.cells import Comparison
from vistab.spec.claims import EquivalenceClaim, RateClaim


def gather(claim: RateClaim | EquivalenceClaim, comparison: Comparison, table: Table) -> Evidence:
    """Difference of proportions (or means of a metric), treatment less control."""
    found = measure(claim, run_ids_of(comparison), table)
    treatment = side_values(comparison, "treatment", found.values)[:, 0]
    control = side_values(comparison, "control", found.values)[:, 0]
    return two_sides(comparison, treatment, control, found.scaled_bounds(1))


RATE = Kind(gather, lambda claim: "share of runs", SIGN_FLIP, EXCHANGEABLE)
