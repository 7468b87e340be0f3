"""From pack folders to the study's tables: one row per planned run, whatever happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vistab.plan.model import Plan, Run
from vistab.results.files import write_bytes
from vistab.results.integrity import read_kept
from vistab.results.pack_folder import PackFolder
from vistab.results.record import RUN_COLUMNS_AFTER_AXES, RUN_COLUMNS_BEFORE_AXES
from vistab.results.tables import table_of, write_table
from vistab.spec.metrics import SIGNAL_METRICS, WHEN, measured, metric_columns

WHOLE_COLUMNS = ("onset_round", "converged_round", "rounds", "threads", "pack_size")
TEXT_COLUMNS = (
    *("outcome", "evidence", "pack", "device", "device_name", "cpu_capability", "torch", "error"),
)


def merge(
    plan: Plan, folders: Sequence[PackFolder], damaged: Mapping[PackFolder, str], into: Path
) -> list[str]:
    """Write samples/, history.parquet and, last, runs.parquet of what the folders hold so far.

    damaged: the folders whose records are not to be believed, and why. Their runs are missing.
    Returns the names of the files that hold the study's results now.
    """
    owners = _owners(plan, [folder for folder in folders if folder not in damaged])
    mine = _by_folder(owners)
    samples = _copy_samples(mine, into)
    write_table(into / "history.parquet", _history(mine))
    rest = [folder for folder in folders if folder not in mine]
    write_table(into / "runs.parquet", table_of(_runs(plan, owners, rest, damaged)))
    return [*samples, "history.parquet", "runs.parquet"]


def _by_folder(owners: Mapping[str, PackFolder]) -> dict[PackFolder, list[str]]:
    """The runs that each folder's record counts for."""
    mine: dict[PackFolder, list[str]] = {}
    for run_id, folder in owners.items():
        mine.setdefault(folder, []).append(run_id)
    return mine


def _owners(plan: Plan, folders: Sequence[PackFolder]) -> dict[str, PackFolder]:
    """Which folder's record of a run counts: that of a planned pack before any other one.

    Other ones are there when `resources.pack` changed between two sessions.
    """
    planned_packs = {pack.pack_id for pack in plan.packs}
    planned_runs = {run.run_id for run in plan.runs}
    owners: dict[str, PackFolder] = {}
    for folder in sorted(folders, key=lambda folder: folder.pack_id not in planned_packs):
        for run_id in (folder.done() or {"runs": []})["runs"]:
            if run_id in planned_runs:
                owners.setdefault(run_id, folder)
    return owners


# --- runs


def _runs(
    plan: Plan,
    owners: Mapping[str, PackFolder],
    rest: Sequence[PackFolder],
    damaged: Mapping[PackFolder, str],
) -> pd.DataFrame:
    rows = [*_finished(owners), *_lost(plan, damaged, owners), *_crashed(rest, owners)]
    metrics = _metric_columns(plan, rows)
    happened = pd.DataFrame(rows, columns=_columns(rows, metrics)).drop_duplicates("run_id")
    frame = _planned(plan).merge(happened, on="run_id", how="left")
    frame["status"] = frame["status"].fillna("missing")
    for column in WHOLE_COLUMNS:
        frame[column] = frame[column].astype("Int64")
    frame["compiled"] = frame["compiled"].astype("boolean")
    for column in ("severity", "seconds", *metrics):
        frame[column] = frame[column].astype(float)
    for column in TEXT_COLUMNS:
        values = frame[column].astype(object)
        frame[column] = values.mask(values.isna(), None)
    return frame


def _planned(plan: Plan) -> pd.DataFrame:
    before = {
        "run_id": [run.run_id for run in plan.runs],
        "role": [run.role for run in plan.runs],
        "arm": [run.arm.name or run.arm.arm_id for run in plan.runs],
        "arm_id": [run.arm.arm_id for run in plan.runs],
        "replicate": [run.replicate for run in plan.runs],
    }
    axes = {column: _axis(plan.runs, column) for column in plan.columns}
    return pd.DataFrame({**{name: before[name] for name in RUN_COLUMNS_BEFORE_AXES}, **axes})


def _axis(runs: Sequence[Run], column: str) -> pd.Series[Any]:
    """The values of an axis in their natural type; as text if they have no type in common."""
    values = pd.Series([run.arm.assignment[column] for run in runs])
    kind = pd.api.types.infer_dtype(values)
    return values.map(str) if kind in ("mixed-integer", "mixed") and not _lists(values) else values


def _lists(values: pd.Series[Any]) -> bool:
    return all(isinstance(value, tuple | list) for value in values)


def _finished(owners: Mapping[str, PackFolder]) -> list[dict[str, Any]]:
    return [
        {**row, "pack": folder.pack_id}
        for folder in dict.fromkeys(owners.values())
        for row in folder.runs()
        if owners.get(row["run_id"]) == folder
    ]


def _crashed(
    folders: Sequence[PackFolder], owners: Mapping[str, PackFolder]
) -> list[dict[str, Any]]:
    crashes = [(folder, crash) for folder in folders if (crash := folder.crash())]
    return [
        {"run_id": run_id, "status": "crashed", "pack": folder.pack_id, "error": crash["error"]}
        for folder, crash in crashes
        for run_id in crash["runs"]
        if run_id not in owners
    ]


def _lost(
    plan: Plan, damaged: Mapping[PackFolder, str], owners: Mapping[str, PackFolder]
) -> list[dict[str, Any]]:
    why = {folder.pack_id: told for folder, told in damaged.items()}
    return [
        {"run_id": run.run_id, "status": "missing", "pack": pack.pack_id, "error": told}
        for pack in plan.packs
        if (told := why.get(pack.pack_id))
        for run in pack.runs
        if run.run_id not in owners
    ]


def _metric_columns(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Those of the study; and those that runs have, where only the runs still know them."""
    declared = metric_columns({**SIGNAL_METRICS, **measured(plan.study)})
    prefixes = tuple(f"{when}_" for when in WHEN)
    found = [name for row in rows for name in row if name.startswith(prefixes)]
    return tuple(dict.fromkeys([*declared, *found]))


def _columns(rows: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> list[str]:
    """The columns of record.py in their order, with whatever else was measured among them."""
    known = ["run_id", *RUN_COLUMNS_AFTER_AXES, *metrics]
    further = dict.fromkeys(key for row in rows for key in row)
    cut = RUN_COLUMNS_AFTER_AXES.index("rounds")
    return [
        "run_id",
        *RUN_COLUMNS_AFTER_AXES[:cut],
        *metrics,
        *(name for name in further if name not in known),
        *RUN_COLUMNS_AFTER_AXES[cut:],
    ]


# --- history and samples


def _history(mine: Mapping[PackFolder, Sequence[str]]) -> pa.Table:
    tables = [_history_of(folder, run_ids) for folder, run_ids in mine.items()]
    if not tables:
        return pa.table({"run_id": pa.array([], pa.string()), "round": pa.array([], pa.int64())})
    return pa.concat_tables(tables, promote_options="default")


def _history_of(folder: PackFolder, run_ids: Sequence[str]) -> pa.Table:
    table = folder.history()
    return table.filter(pc.is_in(table["run_id"], pa.array(run_ids, pa.string())))


def _copy_samples(folders: Iterable[PackFolder], into: Path) -> list[str]:
    """Copy what differs; the names of all."""
    (into / "samples").mkdir(exist_ok=True)
    names = []
    for folder in folders:
        names.append(f"samples/{folder.pack_id}.npz")
        content = read_kept(folder.path / "samples.npz", folder.kept("samples.npz"))
        if not _holds(into / names[-1], content):
            write_bytes(into / names[-1], content)
    return names


def _holds(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content
