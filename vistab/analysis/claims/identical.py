"""identical: runs that differ in one axis alone have exactly the same histories."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from vistab.analysis.claims.base import (
    CannotJudge,
    Evidence,
    Floats,
    Kind,
    Table,
    replicates_of,
    run_ids_of,
)
from vistab.plan.cells import Cell, Comparison
from vistab.results.record import CONDITION_COLUMNS
from vistab.spec.claims import IdenticalClaim

WORDS = {
    "device": "devices",
    "device_name": "machines",
    "cpu_capability": "instructions of the processor",
    "threads": "numbers of threads",
    "pack_size": "sizes of packs",
    "compiled": "by torch.compile",
    "torch": "versions of torch",
}
"""What is told of each of CONDITION_COLUMNS, before the values that differ."""

NOT_MEASURED = ("run_id", "role", "arm", "arm_id", "replicate", "pack")


def gather(claim: IdenticalClaim, comparison: Comparison, table: Table) -> Evidence:
    """Largest absolute difference in any stored number, by replicate; infinite if one is missing.

    Raises CannotJudge if runs of one cell were trained under other conditions than each other.
    """
    check_conditions(comparison, table)
    run_ids = run_ids_of(comparison)
    history = table.history[table.history["run_id"].isin(run_ids)]
    columns = [str(c) for c in history if c not in (*NOT_MEASURED, *table.plan.columns)]
    numbers = histories(history, columns)
    if len(numbers) < len(run_ids):
        raise CannotJudge(f"{len(run_ids) - len(numbers)} of {len(run_ids)} runs have no history")
    found = {replicate: 0.0 for replicate in replicates_of(comparison)}
    for cell in comparison.cells:
        largest = largest_difference([numbers[run_id] for run_id in runs_of(cell)])
        found[cell.replicate] = max(found[cell.replicate], largest)
    effects = np.array(list(found.values()))
    details = {
        "largest_difference": effects.max() if np.isfinite(effects.max()) else None,
        "n_pairs": sum(comb(len(runs_of(cell)), 2) for cell in comparison.cells),
        "columns_compared": columns,
    }
    return Evidence(tuple(found), effects, float(effects.max()), None, None, None, details)


def check_conditions(comparison: Comparison, table: Table) -> None:
    """CannotJudge if what decides a run's bits differs between runs of one cell.

    What is not known of a run (an earlier version did not keep it) is taken for equal.
    """
    for name in CONDITION_COLUMNS:
        if name not in table.runs:
            continue
        known = {str(run): str(value) for run, value in table.runs[name].dropna().items()}
        for cell in comparison.cells:
            found = sorted({known[run] for run in runs_of(cell) if run in known})
            if len(found) > 1:
                raise CannotJudge(
                    f"the runs were not trained alike: {WORDS[name]} {' and '.join(found)}"
                )


def histories(history: pd.DataFrame, columns: Sequence[str]) -> dict[str, Floats]:
    """Every stored number of each run in order of rounds: [snapshots, numbers]."""
    ordered = history.sort_values(["run_id", "round"])
    runs = ordered.groupby("run_id", observed=True, sort=False)
    return {
        str(run_id): np.column_stack([numbers_of(rows[column]) for column in columns])
        for run_id, rows in runs
    }


def numbers_of(column: pd.Series[Any]) -> Floats:
    """A run's column as [snapshots, 1], or [snapshots, k] where it holds lists of k numbers."""
    if column.dtype != object:
        return column.to_numpy(np.float64, na_value=np.nan)[:, None]
    return np.stack([np.asarray(value, dtype=np.float64) for value in column])


def runs_of(cell: Cell) -> list[str]:
    """The runs of a cell, in the order of the axis's values."""
    return [run_id for run_ids in cell.runs.values() for run_id in run_ids]


def largest_difference(histories: Sequence[Floats]) -> float:
    """Between any two of them, 0 if all are equal (NaN equals NaN).

    Infinite if lengths differ, or if a number of one is NaN in another.
    """
    if len({numbers.shape for numbers in histories}) > 1:
        return float("inf")
    stacked = np.stack(histories)
    missing = np.isnan(stacked)
    if not np.array_equal(missing.any(axis=0), missing.all(axis=0)):
        return float("inf")
    known = np.where(missing, 0.0, stacked)
    high, low = known.max(axis=0), known.min(axis=0)
    differing = high != low  # asked first: infinity less infinity is not a number
    return float(np.max(high[differing] - low[differing], initial=0.0))


IDENTICAL = Kind(
    gather,
    lambda claim: "largest absolute difference",
    "comparison of every stored number; no test and no p: one difference refutes",
    (
        "The same machine, the same pack size and the same seed give the same bits.",
        "NaN equals NaN.",
    ),
)
