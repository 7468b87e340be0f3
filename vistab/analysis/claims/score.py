"""score: a metric is higher or lower with the treatment, failed runs counted, not dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from vistab.analysis.claims.base import (
    EXCHANGEABLE,
    SIGN_FLIP,
    CannotJudge,
    Evidence,
    Kind,
    Table,
    by_replicate,
    evidence_of,
    mean,
    mean_of,
    run_ids_of,
    side_values,
    two_sides,
)
from vistab.analysis.claims.measure import HEALTHY, better_of, had_outcome, metric_of
from vistab.plan.cells import Cell, Comparison
from vistab.spec.claims import ScoreClaim
from vistab.spec.selection import Side

SIDES: tuple[Side, Side] = ("treatment", "control")


def gather(claim: ScoreClaim, comparison: Comparison, table: Table) -> Evidence:
    """all, healthy: mean paired difference of the metric. ranked: share of pairs won less lost."""
    outcomes = table.outcomes(run_ids_of(comparison))
    failed = had_outcome("failed", outcomes)
    details = {
        "failed": {side: float(mean(side_values(comparison, side, failed))[0]) for side in SIDES}
    }
    if claim.given == "all":
        return difference_of_all(claim, comparison, table, details)
    healthy = [run_id for run_id, outcome in outcomes.items() if outcome == HEALTHY]
    if claim.given == "healthy":
        return difference_of_healthy(claim, comparison, healthy, table, details)
    return won_and_lost(claim, comparison, healthy, table, details)


def difference_of_all(
    claim: ScoreClaim, comparison: Comparison, table: Table, details: dict[str, Any]
) -> Evidence:
    """Mean difference over all runs; a run without a finite value counts as the worst there is.

    Raises CannotJudge if there is such a run and the metric has no worst value.
    """
    found = metric_of(claim.metric, run_ids_of(comparison), table)
    treatment, control = (side_values(comparison, side, found.values)[:, 0] for side in SIDES)
    return two_sides(comparison, treatment, control, found.scaled_bounds(1), details)


def difference_of_healthy(
    claim: ScoreClaim,
    comparison: Comparison,
    healthy: Sequence[str],
    table: Table,
    details: dict[str, Any],
) -> Evidence:
    """Mean difference over the cells in which both sides have a healthy run.

    Raises CannotJudge if there is no such cell.
    """
    found = metric_of(claim.metric, healthy, table)
    pairs: dict[int, list[tuple[Fraction, Fraction]]] = {}
    for cell in comparison.cells:
        treatment, control = (
            [run for run in cell.runs[side, None] if run in found.values] for side in SIDES
        )
        if treatment and control:
            pair = mean_of(treatment, found.values), mean_of(control, found.values)
            pairs.setdefault(cell.replicate, []).append(pair)
    if not pairs:
        raise CannotJudge("no cell has a healthy run on both sides")
    sides = np.array([mean(np.array(pairs[r], dtype=object)) for r in sorted(pairs)])
    n_pairs = sum(map(len, pairs.values()))
    return evidence_of(
        sorted(pairs),
        sides[:, 0] - sides[:, 1],
        sides[:, 0],
        sides[:, 1],
        found.scaled_bounds(1),
        {**details, "n_healthy_cells": n_pairs, "n_cells": len(comparison.cells)},
    )


def won_and_lost(
    claim: ScoreClaim,
    comparison: Comparison,
    healthy: Sequence[str],
    table: Table,
    details: dict[str, Any],
) -> Evidence:
    """Shares of the pairs of a cell in which either side has the higher value; ties count for none.

    Every run of one side meets every run of the other. A failed run is worse than every healthy
    one, and two failed runs tie. The effect is the net benefit of generalised pairwise comparisons
    (Buyse 2010), taken within replicates.
    """
    worst = -np.inf if better_of(claim.metric, table.plan) == "higher" else np.inf
    measured = metric_of(claim.metric, healthy, table).values

    def ranks(cell: Cell, side: Side) -> list[Fraction | float]:
        return [measured.get(run_id, worst) for run_id in cell.runs[side, None]]

    def pairs(cell: Cell) -> list[int]:
        """Of a cell: pairs, those with the treatment higher, those with it lower."""
        compared = [(t > c, t < c) for t in ranks(cell, SIDES[0]) for c in ranks(cell, SIDES[1])]
        return [len(compared), *(sum(column) for column in zip(*compared, strict=True))]

    counted = {(cell.replicate, cell.key): pairs(cell) for cell in comparison.cells}

    def shares(cell: Cell) -> list[Fraction]:
        n, higher, lower = counted[cell.replicate, cell.key]
        return [Fraction(higher, n), Fraction(lower, n)]

    n_pairs, n_higher, n_lower = np.sum(list(counted.values()), axis=0)
    higher, lower = by_replicate(comparison, shares).T
    return two_sides(
        comparison,
        higher,
        lower,
        (-1.0, 1.0),
        {
            **details,
            "n_pairs": int(n_pairs),
            "n_tied": int(n_pairs - n_higher - n_lower),
            "means": means_of_what_is_known(claim.metric, comparison, table),
        },
    )


def means_of_what_is_known(
    metric: str, comparison: Comparison, table: Table
) -> Mapping[str, float | None]:
    """Each side's mean of the metric over the runs that have a value, failed or not."""
    found: dict[str, float | None] = {}
    for side in SIDES:
        values = table.column(metric, run_ids_of(comparison, side)).astype(float)
        known = values[np.isfinite(values)]
        found[side] = float(known.mean()) if len(known) else None
    return found


def unit(claim: ScoreClaim) -> str:
    """Of the metric, or of the net share."""
    return "share of pairs" if claim.given == "ranked" else claim.metric


SCORE = Kind(
    gather,
    unit,
    SIGN_FLIP,
    (
        *EXCHANGEABLE,
        "Given all: every run counts with its value, failed or not; one without a value counts as "
        "the worst value that the metric can have.",
        "Given healthy: runs that failed are left out, so both sides may no longer be alike; the "
        "shares that failed belong to the answer.",
        "Given ranked: a failed run is worse than every healthy one, and two failed runs tie.",
    ),
)
