"""onset: failure or convergence comes later or sooner."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    Evidence,
    Kind,
    Table,
    Values,
    run_ids_of,
    side_values,
    two_sides,
)
from vistab.analysis.stats.survival import Survival, kaplan_meier
from vistab.plan.cells import Comparison
from vistab.spec.claims import OnsetClaim
from vistab.spec.selection import Side


def gather(claim: OnsetClaim, comparison: Comparison, table: Table) -> Evidence:
    """Difference of mean(min(T, rounds)), treatment less control, in rounds."""
    times = event_times(claim, run_ids_of(comparison), table)
    treatment = side_values(comparison, "treatment", times)[:, 0]
    control = side_values(comparison, "control", times)[:, 0]
    curves = {side: curve(comparison, side, times, table.rounds) for side in comparison.sides}
    return two_sides(
        comparison,
        treatment,
        control,
        (-float(table.rounds), float(table.rounds)),
        {
            "survival": {side: to_record(found) for side, found in curves.items()},
            "restricted_mean": {side: found.restricted_mean for side, found in curves.items()},
        },
    )


def event_times(claim: OnsetClaim, run_ids: Sequence[str], table: Table) -> dict[str, Fraction]:
    """min(T, rounds) by run_id. Never is `rounds`; a stalled run failed at round 0."""
    column = "onset_round" if claim.event == "failure" else "converged_round"
    times = table.column(column, run_ids).astype("Float64").fillna(float(table.rounds))
    if claim.event == "failure":
        times = times.mask(table.column("outcome", run_ids) == "stalled", 0.0)
    return {str(run_id): Fraction(min(float(time), table.rounds)) for run_id, time in times.items()}


def curve(comparison: Comparison, side: Side, times: Values, rounds: int) -> Survival:
    """Kaplan-Meier curve over all runs of one side."""
    return kaplan_meier([float(times[run]) for run in run_ids_of(comparison, side)], rounds)


def to_record(found: Survival) -> dict[str, Any]:
    """The curve as plain lists."""
    return {
        "rounds": found.rounds.tolist(),
        "survival": found.survival.tolist(),
        "low": found.low.tolist(),
        "high": found.high.tolist(),
    }


ONSET = Kind(
    gather,
    lambda claim: "rounds",
    SIGN_FLIP,
    (
        *EXCHANGEABLE,
        "A run to which it never happened counts as the whole budget; a stalled run failed at 0.",
        "The bands of the survival curves take runs as independent: they only describe.",
    ),
)
