"""interaction: an effect differs between two values of an axis, or a slope between two sides."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    Evidence,
    Fractions,
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
from vistab.spec.claims import InteractionClaim
from vistab.spec.effects import largest_slope


def gather(claim: InteractionClaim, comparison: Comparison, table: Table) -> Evidence:
    """across: (effect at a) - (effect at b). along: slope of treatment less slope of control."""
    found = measure(claim, run_ids_of(comparison), table)
    treatment = side_values(comparison, "treatment", found.values)
    control = side_values(comparison, "control", found.values)
    weights, most = contrast(claim, len(comparison.levels))
    return evidence_of(
        replicates_of(comparison),
        (treatment - control) @ weights,
        treatment @ weights,
        control @ weights,
        found.scaled_bounds(2 * most),
        {
            "levels": list(comparison.levels),
            "means": {
                "treatment": floats(mean(treatment)).tolist(),
                "control": floats(mean(control)).tolist(),
            },
            "effects": floats(mean(treatment - control)).tolist(),
        },
    )


def contrast(claim: InteractionClaim, n_levels: int) -> tuple[Fractions, float]:
    """Weights [L] of one side's levels, and the most they can make of values in [0, 1]."""
    if claim.along is None:
        return np.array([Fraction(1), Fraction(-1)], dtype=object), 1.0
    return slope_weights(n_levels), largest_slope(n_levels)


def unit(claim: InteractionClaim) -> str:
    """Of the difference of effects, or of slopes."""
    measured = claim.metric or "share of runs"
    return measured if claim.along is None else f"{measured} per step"


INTERACTION = Kind(
    gather,
    unit,
    SIGN_FLIP,
    (
        *EXCHANGEABLE,
        "The difference is taken on the scale of shares: an effect near 0 or 1 has less room.",
    ),
)
