"""What every kind of claim shares: the runs' table, averages by replicate, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.plan.cells import Cell, Comparison
from vistab.plan.model import Plan
from vistab.spec.claims import Value
from vistab.spec.selection import Side

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """What the judge may read: the plan, and what happened to its confirm runs.

    runs: the rows of runs.parquet, indexed by run_id. history: a row per run and snapshot.
    """

    plan: Plan
    runs: pd.DataFrame
    history: pd.DataFrame

    @property
    def rounds(self) -> int:
        """The budget of every run, in rounds."""
        return self.plan.study.budget.rounds

    def column(self, name: str, run_ids: Iterable[str]) -> pd.Series[Any]:
        """One column of the named runs."""
        return self.runs.loc[list(run_ids), name]

    def outcomes(self, run_ids: Iterable[str]) -> dict[str, str]:
        """The outcome of each named run."""
        return {str(run): str(value) for run, value in self.column("outcome", run_ids).items()}

    def assignments(self) -> dict[str, Mapping[str, Value | None]]:
        """The value of every axis column, by run_id."""
        return {run.run_id: run.arm.assignment for run in self.plan.runs}


class CannotJudge(Exception):
    """The runs are there, but the claim has no answer in them; the message is the reason."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the runs say about one comparison, before any ruling.

    effects, treatment, control: by replicate [n], in the estimand's unit; the last two None where
    a kind has no sides. bounds: what an effect can be at most, None if unknown. details: the
    kind's own plain JSON for its figure.
    """

    replicates: tuple[int, ...]
    effects: Floats
    treatment: Floats | None
    control: Floats | None
    bounds: tuple[float, float] | None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def effect(self) -> float:
        """The estimate: the mean over replicates."""
        return float(self.effects.mean())


class Gather(Protocol):
    """How a kind turns one comparison's runs into evidence."""

    def __call__(self, claim: Any, comparison: Comparison, table: Table) -> Evidence:
        """Raises CannotJudge where the runs hold no answer."""
        ...


@dataclass(frozen=True)
class Kind:
    """One kind of claim, as the judge knows it.

    gather: runs -> evidence. unit: of the effect, in words. test, assumptions: for the report.
    """

    gather: Gather
    unit: Callable[[Any], str]
    test: str
    assumptions: tuple[str, ...]


SIGN_FLIP = "sign-flip test over replicates, two-sided; betting interval for the mean effect"
REPLICATES = (
    "Replicates are independent: their seeds are fixed before any result.",
    "Within a replicate, runs may depend on each other in any way: a replicate is one number.",
)
EXCHANGEABLE = (
    *REPLICATES,
    "Without an effect, a replicate's effect is as likely to have the other sign.",
    "Intervals assume bounds and nothing else, so they may hold 0 where the test rejects it.",
    "Intervals are not adjusted for the study's other claims; p values are (Holm).",
)


def replicates_of(comparison: Comparison) -> tuple[int, ...]:
    """The replicates that have a complete cell, in order."""
    return tuple(sorted({cell.replicate for cell in comparison.cells}))


def by_replicate(comparison: Comparison, of_cell: Callable[[Cell], float | list[float]]) -> Floats:
    """Average `of_cell` (a number or an array [...]) over each replicate's cells: [n, ...]."""
    values: dict[int, list[float | list[float]]] = {r: [] for r in replicates_of(comparison)}
    for cell in comparison.cells:
        values[cell.replicate].append(of_cell(cell))
    return np.array([np.mean(rows, axis=0) for rows in values.values()], dtype=np.float64)


def side_values(comparison: Comparison, side: Side, values: Mapping[str, float]) -> Floats:
    """A side's `values` (by run_id): runs averaged, then cells. [replicates, levels]."""

    def of_cell(cell: Cell) -> list[float]:
        return [mean_of(cell.runs[side, level], values) for level in comparison.levels]

    return by_replicate(comparison, of_cell)


def two_sides(
    comparison: Comparison,
    treatment: Floats,
    control: Floats,
    bounds: tuple[float, float] | None,
    details: dict[str, Any] | None = None,
) -> Evidence:
    """Evidence of a difference: treatment less control, [replicates] each."""
    difference = treatment - control
    return Evidence(
        replicates_of(comparison), difference, treatment, control, bounds, details or {}
    )


def mean_of(run_ids: Iterable[str], values: Mapping[str, float]) -> float:
    """Mean of the runs' values."""
    picked = [values[run_id] for run_id in run_ids]
    return sum(picked) / len(picked)


def run_ids_of(comparison: Comparison, side: Side | None = None) -> list[str]:
    """Every run of the complete cells (of one side, if given), once, in cell order."""
    ids = (
        run_id
        for cell in comparison.cells
        for (of_side, _), run_ids in cell.runs.items()
        if side in (None, of_side)
        for run_id in run_ids
    )
    return list(dict.fromkeys(ids))
