"""Of each arm group the typical failing and the typical healthy run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial.distance import cdist

from vistab.report.view.happened import Floats, curves
from vistab.report.view.layout import Layout, matching
from vistab.report.words import assignment_name

MOST_COMPARED = 500
MOST_GROUPS = 16
"""Groups shown; of more, the first, and the page says so."""


@dataclass(frozen=True)
class Typical:
    """One run that stands for its kind; onset_round is None if it is healthy or never arrived."""

    run_id: str
    replicate: int
    outcome: str
    onset_round: int | None

    def onset_frame(self, rounds: npt.NDArray[np.integer[Any]]) -> int | None:
        """The first of these rounds at or after the onset (else the last); None without onset."""
        if self.onset_round is None:
            return None
        frame = int(np.searchsorted(rounds, np.int64(self.onset_round)))
        return min(frame, len(rounds) - 1)


@dataclass(frozen=True)
class Group:
    """An arm group: how many of its finished runs failed, and the two typical runs."""

    title: str
    n_failed: int
    n: int
    failing: Typical | None
    healthy: Typical | None

    @property
    def runs(self) -> tuple[Typical, ...]:
        """Those of the two that there are."""
        return tuple(run for run in (self.failing, self.healthy) if run)


def typical_groups(
    runs: pd.DataFrame, history: pd.DataFrame, layout: Layout, named: pd.DataFrame
) -> tuple[tuple[Group, ...], bool]:
    """The groups of the grid's runs, in the study's order, then those of `named` arms' runs.

    And whether there are more of them. The x axis tells groups apart where that makes few enough.
    There are none without coverage to compare runs by.
    """
    if "coverage" not in history:
        return (), False
    levels = layout.levels or (None,)
    facets = layout.apart(MOST_GROUPS // len(levels)).panels()
    parts = [(runs, facet, "") for facet in facets]
    parts += [(own, {}, str(name)) for name, own in named.groupby("arm", sort=False)]
    found = (
        _group(own[own["status"] == "finished"], history, layout, facet, level, name)
        for own, facet, name in parts
        for level in levels
    )
    some = tuple(islice(filter(None, found), MOST_GROUPS + 1))
    return some[:MOST_GROUPS], len(some) > MOST_GROUPS


def _group(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    layout: Layout,
    facet: dict[str, Any],
    level: Any,
    name: str,
) -> Group | None:
    assignment = {**facet, **({layout.series.path: level} if layout.series else {})}
    here = matching(runs, assignment)
    failed = here["outcome"] != "healthy"
    failing, healthy = _typical(here[failed], history), _typical(here[~failed], history)
    if failing is None and healthy is None:
        return None
    title = ", ".join(filter(None, (name, assignment_name(assignment)))) or "all runs"
    return Group(title, int(failed.sum()), len(here), failing, healthy)


def _typical(runs: pd.DataFrame, history: pd.DataFrame) -> Typical | None:
    """The medoid by coverage over rounds of runs of one fate; None without runs."""
    ids = sorted(runs["run_id"])
    _, values = curves(history, ids, "coverage") if ids else (None, np.empty((0, 0)))
    if not len(values):
        return None
    known = sorted(set(ids) & set(history["run_id"].unique()))
    run = runs.set_index("run_id").loc[known[medoid(values)]]
    onset = None if pd.isna(run["onset_round"]) else int(run["onset_round"])
    return Typical(str(run.name), int(run["replicate"]), str(run["outcome"]), onset)


def medoid(values: Floats) -> int:
    """The row nearest to all others (least sum of absolute differences); NaN counts as 0.

    Failed runs may hold NaN from the round they diverged on: nothing is covered there. Of very
    many rows, evenly spaced ones stand for all.
    """
    filled = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    others = filled[:: -(-len(filled) // MOST_COMPARED)]
    return int(cdist(filled, others, "cityblock").sum(axis=1).argmin())
