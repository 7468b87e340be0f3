"""score: a metric is higher or lower with the treatment, failed runs counted, not dropped."""

from __future__ import annotations

from collections.abc import Mapping
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
    mean_of,
    run_ids_of,
    side_values,
    two_sides,
)
from vistab.analysis.claims.measure import HEALTHY, better_of, had_outcome, metric_of
from vistab.plan.cells import Cell, Comparison
from vistab.spec.claims import ScoreClaim

Values = Mapping[str, float]


def gather(claim: ScoreClaim, comparison: Comparison, table: Table) -> Evidence:
    """all: share of pairs won less share lost. healthy: mean paired difference of the metric."""
    outcomes = table.outcomes(run_ids_of(comparison))
    healthy = [run_id for run_id, outcome in outcomes.items() if outcome == HEALTHY]
    measured = metric_of(claim.metric, healthy, table)
    failed = had_outcome("failed", outcomes)
    details = {
        "failed": {
            side: float(side_values(comparison, side, failed).mean()) for side in comparison.sides
        }
    }
    if claim.given != "healthy":
        worst = -np.inf if better_of(claim.metric, table.plan) == "higher" else np.inf
        ranked = {**dict.fromkeys(outcomes, worst), **measured.values}
        return won_and_lost(comparison, ranked, details)
    return difference(comparison, measured.values, measured.scaled_bounds(1), details)


def won_and_lost(comparison: Comparison, values: Values, details: dict[str, Any]) -> Evidence:
    """Shares of the pairs of a cell in which either side has the higher value; ties count for none.

    Every run of one side meets every run of the other. The effect is the net benefit of generalised
    pairwise comparisons (Buyse 2010), taken within replicates.
    """

    def shares(cell: Cell) -> list[float]:
        treatment, control = (
            np.array([values[run] for run in cell.runs[side, None]])
            for side in ("treatment", "control")
        )
        return [
            float(np.mean(treatment[:, None] > control)),
            float(np.mean(treatment[:, None] < control)),
        ]

    higher, lower = by_replicate(comparison, shares).T
    return two_sides(comparison, higher, lower, (-1.0, 1.0), details)


def difference(
    comparison: Comparison,
    values: Values,
    bounds: tuple[float, float] | None,
    details: dict[str, Any],
) -> Evidence:
    """Mean difference over the cells in which both sides have a healthy run.

    Raises CannotJudge if there is no such cell.
    """
    pairs: dict[int, list[tuple[float, float]]] = {}
    for cell in comparison.cells:
        treatment, control = (
            [run for run in cell.runs[side, None] if run in values]
            for side in ("treatment", "control")
        )
        if treatment and control:
            pair = mean_of(treatment, values), mean_of(control, values)
            pairs.setdefault(cell.replicate, []).append(pair)
    if not pairs:
        raise CannotJudge("no cell has a healthy run on both sides")
    sides = np.array([np.mean(pairs[replicate], axis=0) for replicate in sorted(pairs)])
    n_pairs = sum(map(len, pairs.values()))
    return Evidence(
        tuple(sorted(pairs)),
        sides[:, 0] - sides[:, 1],
        sides[:, 0],
        sides[:, 1],
        bounds,
        {**details, "n_healthy_cells": n_pairs, "n_cells": len(comparison.cells)},
    )


def unit(claim: ScoreClaim) -> str:
    """Of the net share, or of the metric."""
    return "share of pairs" if claim.given != "healthy" else claim.metric


SCORE = Kind(
    gather,
    unit,
    SIGN_FLIP,
    (
        *EXCHANGEABLE,
        "All runs count: a failed run is worse than every healthy one, and two failed runs tie.",
        "Given healthy: runs that failed are left out, so both sides may no longer be alike; the "
        "shares that failed belong to the answer.",
    ),
)
