"""What happened over the grid: failures and outcomes by cell, coverage over rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.report.view.layout import Layout, matching, of_named_arms
from vistab.report.words import OUTCOMES, assignment_name, short_names, value_name

Floats = npt.NDArray[np.floating[Any]]

MOST_LETTERS = 14
"""Of a label at the end of a curve, so that the curve itself has room."""


@dataclass(frozen=True)
class Tally:
    """How the finished runs of one cell or arm ended: outcome -> number of runs."""

    outcomes: dict[str, int]

    @property
    def n(self) -> int:
        """Finished runs."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> int:
        """Finished runs that are not healthy."""
        return self.n - self.outcomes.get("healthy", 0)


@dataclass(frozen=True)
class MapPanel:
    """One small multiple: rows are the series' levels, columns the x axis's; None = not planned."""

    title: str
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]
    cells: tuple[tuple[Tally | None, ...], ...]


@dataclass(frozen=True)
class NamedTally:
    """A named arm (all of its own axes pooled) and how its runs ended."""

    name: str
    tally: Tally


@dataclass(frozen=True)
class Series:
    """Curves of the runs on one side: rounds [T], values [runs, T]; `side` picks the colour.

    short: what labels the end of the median, such as the value alone of `weight 5`.
    """

    label: str
    side: str
    rounds: Floats
    values: Floats
    short: str = ""

    @property
    def median(self) -> Floats:
        """The median over runs that still have a value, at each round [T]."""
        return quantile(self.values, 0.5)

    @property
    def low(self) -> Floats:
        """Below it lies a tenth of the runs that still have a value, at each round [T]."""
        return quantile(self.values, 0.1)

    @property
    def high(self) -> Floats:
        """Above it lies a tenth of the runs that still have a value, at each round [T]."""
        return quantile(self.values, 0.9)


@dataclass(frozen=True)
class CurvePanel:
    """One small multiple of curves over rounds; `log` where values span factors."""

    title: str
    series: tuple[Series, ...]
    log: bool = False


def quantile(values: Floats, q: float) -> Floats:
    """The q-quantile over axis 0, NaN where no run has a value, without numpy's warning."""
    known = np.isfinite(values).any(axis=0)
    out = np.full(values.shape[1], np.nan)
    out[known] = np.nanquantile(np.where(np.isfinite(values), values, np.nan)[:, known], q, axis=0)
    return out


def tally(runs: pd.DataFrame) -> Tally:
    """Outcomes of the finished runs, in the order of every figure."""
    counts = runs.loc[runs["status"] == "finished", "outcome"].value_counts()
    known = [o for o in OUTCOMES if o in counts]
    order = known + sorted(set(counts.index) - set(known))
    return Tally({outcome: int(counts[outcome]) for outcome in order})


def map_panels(runs: pd.DataFrame, layout: Layout) -> tuple[MapPanel, ...]:
    """The maps of the grid's runs; facets without a run are left out."""
    panels = []
    for facet in layout.panels():
        rows = layout.series.values if layout.series else (None,)
        columns = layout.x.values if layout.x else (None,)
        within = matching(runs, facet)
        cells = tuple(
            tuple(_cell(within, layout, row, column) for column in columns) for row in rows
        )
        if any(cell for line in cells for cell in line):
            panels.append(MapPanel(assignment_name(facet), rows, columns, cells))
    return tuple(panels)


def _cell(runs: pd.DataFrame, layout: Layout, row: Any, column: Any) -> Tally | None:
    roles = ((layout.series, row), (layout.x, column))
    here = matching(runs, {role.path: value for role, value in roles if role})
    return tally(here) if len(here) else None


def named_tallies(runs: pd.DataFrame) -> tuple[NamedTally, ...]:
    """The arms that have a name."""
    return tuple(
        NamedTally(value_name(name), tally(group))
        for name, group in of_named_arms(runs).groupby("arm", sort=False)
    )


def curves(history: pd.DataFrame, run_ids: Sequence[str], column: str) -> tuple[Floats, Floats]:
    """Rounds [T] and values [runs, T] of one column of the history; runs without rows drop out."""
    own = history[history["run_id"].isin(set(run_ids))]
    table = own.pivot(index="run_id", columns="round", values=column)
    return table.columns.to_numpy(dtype=float), table.to_numpy(dtype=float)


def side_of(layout: Layout, level: Any) -> str:
    """The colour class of a level: control and treatment when claims name them, else its number."""
    if layout.pair:
        return "control" if level == layout.pair[0] else "treatment"
    return f"level{layout.levels.index(level)}"


def coverage_panels(
    runs: pd.DataFrame, history: pd.DataFrame, layout: Layout, column: str = "coverage"
) -> tuple[CurvePanel, ...]:
    """Coverage over rounds: a panel a facet, all runs of the compared levels."""
    if column not in history:
        return ()
    panels = []
    for facet in layout.panels():
        series = tuple(_level_series(matching(runs, facet), history, layout, column))
        if series:
            panels.append(CurvePanel(assignment_name(facet), series))
    return tuple(panels)


def _level_series(
    runs: pd.DataFrame, history: pd.DataFrame, layout: Layout, column: str
) -> list[Series]:
    found = []
    levels = layout.levels or (None,)
    shorts = short_names(["all" if level is None else level for level in levels], MOST_LETTERS)
    for level, short in zip(levels, shorts, strict=True):
        here = matching(runs, {layout.series.path: level}) if layout.series else runs
        rounds, values = curves(history, list(here["run_id"]), column)
        if len(values):
            label = assignment_name({layout.series.path: level}) if layout.series else "all runs"
            side = side_of(layout, level) if layout.series else "treatment"
            found.append(Series(label, side, rounds, values, short))
    return found
