"""Film strips: of each arm group the typical failing and the typical healthy run."""

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
from vistab.results import Results
from vistab.targets import make_target

MOST_COMPARED = 500
MOST_ROWS = 24
"""Groups shown; of more, the first. The runs' own strips are in the table."""


@dataclass(frozen=True)
class Strip:
    """One run's frames: rounds [T], samples [T, n, 2]; the frame of its onset (None if healthy)."""

    run_id: str
    replicate: int
    outcome: str
    onset_round: int | None
    rounds: npt.NDArray[np.integer[Any]]
    samples: Floats

    @property
    def onset_frame(self) -> int | None:
        """The first frame at or after the onset."""
        if self.onset_round is None:
            return None
        frame = int(np.searchsorted(self.rounds, np.int64(self.onset_round)))
        return min(frame, len(self.rounds) - 1)


@dataclass(frozen=True)
class StripRow:
    """An arm group: how many of its finished runs failed, and the two typical runs."""

    title: str
    n_failed: int
    n: int
    failing: Strip | None
    healthy: Strip | None


@dataclass(frozen=True)
class StripView:
    """All rows, over the modes: centres [m, 2]; frames show [-reach, reach] around `middle`."""

    rows: tuple[StripRow, ...]
    centres: Floats
    middle: tuple[float, float]
    reach: float


def medoid(values: Floats) -> int:
    """The row nearest to all others (least sum of absolute differences); NaN counts as 0.

    Failed runs may hold NaN from the round they diverged on: nothing is covered there. Of very
    many rows, evenly spaced ones stand for all.
    """
    filled = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    others = filled[:: -(-len(filled) // MOST_COMPARED)]
    return int(cdist(filled, others, "cityblock").sum(axis=1).argmin())


def strip_view(
    results: Results, runs: pd.DataFrame, layout: Layout, target: Any
) -> StripView | None:
    """The strips of a 2-D target with known modes; None when there is nothing to show."""
    made = make_target(target)
    if made.dimension != 2 or made.modes is None or "coverage" not in results.history:
        return None
    groups = ((facet, level) for facet in layout.panels() for level in layout.levels or (None,))
    found = (_row(results, runs, layout, facet, level) for facet, level in groups)
    rows = tuple(islice(filter(None, found), MOST_ROWS))
    centres = np.asarray(made.modes.centres, dtype=float)
    low, high = centres.min(axis=0), centres.max(axis=0)
    middle = (float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2))
    reach = 1.3 * float((high - low).max()) / 2 or 1.0
    return StripView(rows, centres, middle, reach) if rows else None


def _row(
    results: Results, runs: pd.DataFrame, layout: Layout, facet: dict[str, Any], level: Any
) -> StripRow | None:
    assignment = {**facet, **({layout.series.path: level} if layout.series else {})}
    here = matching(runs[runs["status"] == "finished"], assignment)
    failing = _typical(results, here[here["outcome"] != "healthy"])
    healthy = _typical(results, here[here["outcome"] == "healthy"])
    if failing is None and healthy is None:
        return None
    n_failed = int((here["outcome"] != "healthy").sum())
    title = assignment_name(assignment) or "all runs"
    return StripRow(title, n_failed, len(here), failing, healthy)


def _typical(results: Results, runs: pd.DataFrame) -> Strip | None:
    """The medoid by coverage over rounds of runs of one fate; None without runs or samples."""
    ids = sorted(runs["run_id"])
    _, values = curves(results.history, ids, "coverage") if ids else (None, np.empty((0, 0)))
    if not len(values):
        return None
    known = sorted(set(ids) & set(results.history["run_id"].unique()))
    run_id = known[medoid(values)]
    shot = results.samples(run_id)
    run = runs.set_index("run_id").loc[run_id]
    if shot is None:
        return None
    onset = None if pd.isna(run["onset_round"]) else int(run["onset_round"])
    rounds, samples = shot
    return Strip(
        run_id,
        int(run["replicate"]),
        str(run["outcome"]),
        onset,
        np.asarray(rounds),
        np.asarray(samples, dtype=float),
    )
