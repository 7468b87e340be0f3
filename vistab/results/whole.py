"""Whether tables hold all that they should: hashes tell changes, this tells what was never there.

Also for folders from before hashes were kept, and for tables that others put together.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from vistab.errors import ResultsError
from vistab.plan.model import Plan
from vistab.results.integrity import HISTORY, RUNS


def check_runs(runs: pd.DataFrame, path: Path) -> None:
    """ResultsError if a run has more than one row."""
    _check_columns(runs, ("run_id", "pack"), path)
    twice = runs.loc[runs["run_id"].duplicated(), "run_id"]
    if len(twice):
        raise ResultsError(f"{path}: the run {twice.iloc[0]} has more than one row")


def check_history(runs: pd.DataFrame, history: pd.DataFrame, path: Path) -> None:
    """ResultsError unless every finished run, and no other, has its snapshots, each once."""
    _check_columns(runs, ("status", "rounds"), path.with_name(RUNS))
    _check_columns(history, ("run_id", "round"), path)
    finished = runs.loc[runs["status"] == "finished", ["run_id", "rounds"]].set_index("run_id")
    rows = history.groupby("run_id", sort=False)["round"].agg(["size", "nunique", "max"])
    for what, found in (
        ("has no rows", finished.index.difference(rows.index)),
        ("is not among the finished runs", rows.index.difference(finished.index)),
        ("has a round more than once", rows.index[rows["size"] != rows["nunique"]]),
        ("has rows missing", rows.index[rows["size"] != rows["size"].max()]),
        ("ends too early", rows.index[rows["max"] != finished["rounds"].reindex(rows.index)]),
    ):
        if len(found):
            more = f", and {len(found) - 1} more" if found[1:].size else ""
            raise ResultsError(f"{path}: the run {found[0]}{more}: {what}")


def _check_columns(table: pd.DataFrame, names: Iterable[str], path: Path) -> None:
    for name in names:
        if name not in table:
            raise ResultsError(f"{path}: has no column {name}")


def check_planned(plan: Plan, runs: pd.DataFrame, history: pd.DataFrame, folder: Path) -> None:
    """ResultsError unless the runs are those planned, each with as many snapshots as planned."""
    planned, found = {run.run_id for run in plan.runs}, set(runs["run_id"])
    if missing := planned - found:
        raise ResultsError(
            f"{folder / RUNS}: {len(missing)} of {len(planned)} planned runs have no row: "
            f"{min(missing)}"
        )
    if foreign := found - planned:
        raise ResultsError(f"{folder / RUNS}: holds a run that was not planned: {min(foreign)}")
    sizes, snapshots = history.groupby("run_id").size(), plan.study.budget.snapshots
    if (sizes != snapshots).any():
        raise ResultsError(
            f"{folder / HISTORY}: has {sizes.min()} rows a run; {snapshots} were planned"
        )
