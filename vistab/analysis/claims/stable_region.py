"""stable_region: the longest unbroken stretch of healthy values of an axis is wider or narrower."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    CannotJudge,
    Evidence,
    Fractions,
    Kind,
    Table,
    Values,
    by_replicate,
    floats,
    mean,
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

    def lengths(side: Side) -> Fractions:
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
                side: floats(mean(side_values(comparison, side, healthy))).tolist()
                for side in comparison.sides
            },
            "mean_length": {
                "treatment": float(mean(treatment)),
                "control": float(mean(control)),
            },
        },
    )


def mean_length(
    along: str,
    cell: Cell,
    side: Side,
    comparison: Comparison,
    healthy: Values,
    assignments: Assignments,
) -> Fraction:
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
    lengths = [longest_stretch([healthy[run_id] == 1 for run_id in line]) for line in whole]
    return Fraction(sum(lengths), len(lengths))


STABLE_REGION = Kind(
    gather,
    lambda claim: f"values of {claim.along}",
    SIGN_FLIP,
    (*EXCHANGEABLE, "Only the order of the axis's values counts, not their distances."),
)
