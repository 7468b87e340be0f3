"""What the outcome of a run does not tell: never healthy, still improving, and what it lacked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vistab.collapse.detector import THRESHOLDS
from vistab.report.view.happened import Floats, curves
from vistab.report.words import lacked, onset_words
from vistab.spec.study import Study
from vistab.spec.targets import ImageTarget

RISE = 0.05
"""How much more the last quarter of a run covers than the one before, for it to be improving."""

FEWEST_SNAPSHOTS = 8
"""Below them quarters are too short to tell a rise from noise."""

SAMPLES_A_MODE = 10
"""Snapshots with fewer samples a mode are asked for less than all others: see the detector."""


@dataclass(frozen=True)
class Fates:
    """By run, in words: since when it failed, and what it lacked or was on its way to.

    first: the first snapshot's round. onset, more: nothing where there is nothing to tell.
    improving: the failed runs that were still improving.
    """

    first: int | None
    onset: Mapping[str, str]
    more: Mapping[str, str]
    improving: frozenset[str]

    def since(self, run_id: str) -> str:
        """`onset at round 1,110`, `never healthy`, or nothing."""
        return self.onset.get(run_id, "")

    def further(self, run_id: str) -> str:
        """`14 of 20 bins at the end, 17 asked; still improving at the end of the budget`."""
        return self.more.get(run_id, "")


def fates(study: Study, runs: pd.DataFrame, history: pd.DataFrame) -> Fates:
    """The fates of the failed ones among finished runs."""
    failed = runs[(runs["status"] == "finished") & (runs["outcome"] != "healthy")]
    ids = [str(run_id) for run_id in failed["run_id"]]
    first = None if history.empty else int(history["round"].min())
    onsets = zip(ids, failed["onset_round"], strict=True)
    onset = {run_id: onset_words(int(at), first) for run_id, at in onsets if not pd.isna(at)}
    rising, lack = improving(history, ids), lacking(study, history, ids)
    more = {
        run_id: "; ".join(filter(None, [lack.get(run_id, ""), STILL * (run_id in rising)]))
        for run_id in ids
    }
    return Fates(first, onset, more, rising)


STILL = "still improving at the end of the budget"


def improving(history: pd.DataFrame, run_ids: list[str]) -> frozenset[str]:
    """The runs whose coverage still rises in the last quarter of their snapshots."""
    if "coverage" not in history or not run_ids:
        return frozenset()
    own = history[history["run_id"].isin(run_ids)]
    known = sorted(own["run_id"].unique())
    _, values = curves(own, known, "coverage")
    return frozenset(run_id for run_id, up in zip(known, rising(values), strict=True) if up)


def rising(values: Floats) -> list[bool]:
    """Whether coverage [runs, T] rises to its end: by RISE, and not after a fall."""
    if values.shape[-1] < FEWEST_SNAPSHOTS:
        return [False] * len(values)
    quarters = np.array_split(values, 4, axis=1)
    second, third, last = (quarter.mean(axis=1) for quarter in quarters[1:])
    return [bool(up) for up in (last - third >= RISE) & (third >= second)]


def lacking(study: Study, history: pd.DataFrame, run_ids: list[str]) -> dict[str, str]:
    """What runs held at their last snapshot that hold too few modes, and what was asked."""
    if not {"modes", "mode_shares"} <= set(history) or history.empty:
        return {}
    count = len(history["mode_shares"].iloc[0])
    if count * SAMPLES_A_MODE > study.budget.snapshot_samples:
        return {}
    asked = math.ceil(THRESHOLDS.held_modes * count)
    noun = "bins" if isinstance(study.target, ImageTarget) else "modes"
    own = history[history["run_id"].isin(run_ids)].sort_values("round")
    ends = own.groupby("run_id")["modes"].last()
    return {
        str(run_id): lacked(int(held), count, asked, noun)
        for run_id, held in ends.items()
        if held < asked
    }
