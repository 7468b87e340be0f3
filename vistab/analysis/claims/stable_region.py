"""stable_region: the longest unbroken stretch of healthy values of an axis is wider or narrower."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    CannotJudge,
    Evidence,
    Kind,
    Table,
    by_replicate,
    run_ids_of,
    side_values,
    two_sides,
)
from vistab.analysis.claims.measure import HEALTHY, had_outcome
from vistab.analysis.stats.order import longest_stretch
from vistab.plan.cells import Cell, Comparison
from vistab.spec.claims import StableRegionClaim, Value
from vistab.spec.selection import Side

Assignments = Mapping[str, Mapping[str, Value | None]]


def gather(claim: StableRegionClaim, comparison: Comparison, table: Table) -> Evidence:
    """Difference in length of the longest healthy stretch, in values of the axis."""
    healthy = had_outcome(HEALTHY, table.outcomes(run_ids_of(comparison)))
    assignments = table.assignments()

    def lengths(side: Side) -> np.typing.NDArray[np.float64]:
        return by_replicate(
            comparison,
            lambda cell: mean_length(claim.along, cell, side, comparison, healthy, assignments),
        )

    treatment, control = lengths("treatment"), lengths("control")
    most = float(len(comparison.levels))
    return two_sides(
        comparison,
        treatment,
        control,
        (-most, most),
        {
            "levels": list(comparison.levels),
            "healthy": {
                side: side_values(comparison, side, healthy).mean(axis=0).tolist()
                for side in comparison.sides
            },
            "mean_length": {
                "treatment": float(treatment.mean()),
                "control": float(control.mean()),
            },
        },
    )


def mean_length(
    along: str,
    cell: Cell,
    side: Side,
    comparison: Comparison,
    healthy: Mapping[str, float],
    assignments: Assignments,
) -> float:
    """Mean length of the longest healthy stretch over the lines of one side of a cell.

    A line is the runs that differ in `along` alone; one that lacks a value of it is left out.
    """
    lines: dict[frozenset[tuple[str, Value | None]], list[str]] = {}
    for level in comparison.levels:
        for run_id in cell.runs[side, level]:
            rest = {k: v for k, v in assignments[run_id].items() if k != along}
            lines.setdefault(frozenset(rest.items()), []).append(run_id)
    whole = [line for line in lines.values() if len(line) == len(comparison.levels)]
    if not whole:
        raise CannotJudge(f"no {side} arm has every value of {along}")
    return float(np.mean([longest_stretch([healthy[r] == 1 for r in line]) for line in whole]))


STABLE_REGION = Kind(
    gather,
    lambda claim: f"values of {claim.along}",
    SIGN_FLIP,
    (*EXCHANGEABLE, "Only the order of the axis's values counts, not their distances."),
)
