"""What every kind of claim shares: the runs' table, averages by replicate, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.plan.cells import Cell, Comparison
from vistab.plan.model import Plan
from vistab.spec.claims import Value
from vistab.spec.selection import Side

Floats = npt.NDArray[np.float64]
Fractions = npt.NDArray[np.object_]
"""An array of fractions.Fraction: averages of runs are exact, so an effect of 0 is 0."""
Values = Mapping[str, Fraction]
"""What is read off each run, by run_id."""


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
    a kind has no sides. effect: the estimate, which is the mean of `effects` before they were made
    floats (evidence_of). bounds: what an effect can be at most, None if unknown. details: the
    kind's own plain JSON for its figure.
    """

    replicates: tuple[int, ...]
    effects: Floats
    effect: float
    treatment: Floats | None
    control: Floats | None
    bounds: tuple[float, float] | None
    details: dict[str, Any] = field(default_factory=dict)


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


def evidence_of(
    replicates: Sequence[int],
    effects: Sequence[Fraction] | Sequence[float] | Fractions,
    treatment: Fractions | None = None,
    control: Fractions | None = None,
    bounds: tuple[float, float] | None = None,
    details: dict[str, Any] | None = None,
) -> Evidence:
    """Evidence from exact effects [n]: fractions, or floats taken for what they are.

    In floats, 1/6 + 1/6 + 1/6 - 1/2 is not 0, and a test that goes by signs would take what is left
    for an effect in every replicate. So floats are made last, each the nearest to its fraction:
    what is 0 is 0, what is equal stays equal.
    """
    exact = np.array([Fraction(effect) for effect in effects], dtype=object)
    return Evidence(
        tuple(replicates),
        floats(exact),
        float(mean(exact)),
        None if treatment is None else floats(treatment),
        None if control is None else floats(control),
        bounds,
        details or {},
    )


def two_sides(
    comparison: Comparison,
    treatment: Fractions,
    control: Fractions,
    bounds: tuple[float, float] | None,
    details: dict[str, Any] | None = None,
) -> Evidence:
    """Evidence of a difference: treatment less control, [replicates] each."""
    replicates = replicates_of(comparison)
    return evidence_of(replicates, treatment - control, treatment, control, bounds, details)


def by_replicate(
    comparison: Comparison, of_cell: Callable[[Cell], Fraction | Sequence[Fraction]]
) -> Fractions:
    """Average `of_cell` (a number or an array [...]) over each replicate's cells: [n, ...]."""
    values: dict[int, list[Fraction | Sequence[Fraction]]] = {
        replicate: [] for replicate in replicates_of(comparison)
    }
    for cell in comparison.cells:
        values[cell.replicate].append(of_cell(cell))
    return np.array([mean(np.array(rows, dtype=object)) for rows in values.values()], dtype=object)


def side_values(comparison: Comparison, side: Side, values: Values) -> Fractions:
    """A side's `values` (by run_id): runs averaged, then cells. [replicates, levels]."""

    def of_cell(cell: Cell) -> list[Fraction]:
        return [mean_of(cell.runs[side, level], values) for level in comparison.levels]

    return by_replicate(comparison, of_cell)


def mean_of(run_ids: Sequence[str], values: Values) -> Fraction:
    """Mean of the runs' values."""
    return sum((values[run_id] for run_id in run_ids), Fraction(0)) / len(run_ids)


def mean(rows: Fractions) -> Any:
    """Mean over the first axis of `rows` [n, ...]: a fraction, or an array of them [...]."""
    return rows.sum(axis=0) / len(rows)


def floats(exact: Fractions) -> Floats:
    """The nearest floats, of the same shape."""
    return exact.astype(np.float64)


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
