"""All runs as compact data for the table's script: columns of indices, curves as single bytes.

A curve's point takes one byte (254 levels between the smallest and largest value of its column),
so that 800 runs stay well under a megabyte; columns and film strips beyond the byte budgets are
left out in order of interest, so that 10,000 runs stay quick.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.analysis.verdict import Verdict
from vistab.report.view.fate import Fates
from vistab.report.view.layout import plain, told_columns
from vistab.report.view.signals import Signal, signals_of
from vistab.report.view.space import Plane
from vistab.report.view.strips import StripView
from vistab.report.words import axis_name, metric_name, outcome_name, value_name
from vistab.results import Results
from vistab.spec.grid import in_order
from vistab.spec.metrics import measured
from vistab.spec.study import Study

Bytes = npt.NDArray[np.uint8]

CURVE_BYTES = 900_000
STRIP_BYTES = 600_000
MISSING = 255
"""The byte of a value that is not finite."""


def payload(
    results: Results,
    verdicts: Sequence[Verdict],
    strips: StripView | None,
    study: Study,
    fates: Fates,
) -> dict[str, Any]:
    """All runs as plain JSON values."""
    runs = results.runs
    return {
        "axes": [_axis(runs, column) for column in told_columns(runs)],
        **_texts(runs, fates),
        "first": fates.first,
        "replicate": [int(replicate) for replicate in runs["replicate"]],
        "onset": _whole(runs, "onset_round"),
        "converged": _whole(runs, "converged_round"),
        "severity": _rounded(runs, "severity"),
        "coverage": _rounded(runs, "final_coverage"),
        "claims": _claims(runs, verdicts),
        "curves": _curves(runs, results.history, curves_of(study)),
        "strips": _strips(results, strips) if strips else None,
    }


def _coded(values: Sequence[str]) -> dict[str, Any]:
    """Repeated texts as indices into the list of distinct ones."""
    names = list(dict.fromkeys(values))
    where = {name: k for k, name in enumerate(names)}
    return {"names": names, "index": [where[value] for value in values]}


def _axis(runs: pd.DataFrame, path: str) -> dict[str, Any]:
    found = [plain(value) for value in runs[path]]
    known = [value for value in found if value is not None]
    order = [*in_order(known), *([None] if len(known) < len(found) else [])]
    where = {value: k for k, value in enumerate(order)}
    names = ["" if value is None else value_name(value) for value in order]
    return {"name": axis_name(path), "names": names, "index": [where[value] for value in found]}


def _texts(runs: pd.DataFrame, fates: Fates) -> dict[str, Any]:
    named = runs["arm"].where(runs["arm"] != runs["arm_id"])
    ended = runs["outcome"].where(runs["status"] == "finished", runs["status"])
    return {
        "arm_id": _coded([run_id.rpartition("-r")[0] for run_id in runs["run_id"]]),
        "arm": _coded(["" if pd.isna(name) else value_name(name) for name in named]),
        "ended": _coded([outcome_name(str(outcome)) for outcome in ended]),
        "evidence": _coded(_evidence(runs, fates)),
        "error": _coded(_words(runs["error"])),
    }


def _evidence(runs: pd.DataFrame, fates: Fates) -> list[str]:
    """What the detector found, and what that leaves open."""
    pairs = zip(_words(runs["evidence"]), map(fates.further, runs["run_id"]), strict=True)
    return ["; ".join(filter(None, pair)) for pair in pairs]


def _words(column: pd.Series[Any]) -> list[str]:
    return ["" if pd.isna(text) else str(text) for text in column]


def _whole(runs: pd.DataFrame, column: str) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in runs[column]]


def _rounded(runs: pd.DataFrame, column: str) -> list[float | None]:
    if column not in runs:
        return [None] * len(runs)
    return [round(float(v), 3) if np.isfinite(v) else None for v in runs[column].astype(float)]


def _claims(runs: pd.DataFrame, verdicts: Sequence[Verdict]) -> dict[str, list[int]]:
    """Positions of the runs behind each claim, as [first, length, first, length, ...]."""
    where = {run_id: k for k, run_id in enumerate(runs["run_id"])}
    found = {}
    for verdict in verdicts:
        known = sorted(where[r] for r in verdict.details.get("run_ids", ()) if r in where)
        found[verdict.id] = _stretches(known)
    return found


def _stretches(positions: Sequence[int]) -> list[int]:
    stretches: list[int] = []
    for position in positions:
        if stretches and position == stretches[-2] + stretches[-1]:
            stretches[-1] += 1
        else:
            stretches += [position, 1]
    return stretches


def quantise(values: npt.NDArray[Any], low: float, high: float) -> Bytes:
    """Values as bytes 0 to 254 over [low, high]; 255 where not finite."""
    span = high - low or 1.0
    share = np.clip((np.nan_to_num(values, posinf=0, neginf=0) - low) / span, 0, 1)
    return np.where(np.isfinite(values), np.round(share * 254), MISSING).astype(np.uint8)


def _encoded(data: Bytes) -> str:
    return base64.b64encode(data.tobytes()).decode()


def curves_of(study: Study) -> tuple[Signal, ...]:
    """What the drawer shows of a run, most interesting first; more than the budget is left out."""
    metrics = (Signal(name, metric_name(name)) for name in measured(study))
    quality = Signal("high_quality", "share of high quality")
    return (Signal("coverage", "coverage"), *metrics, *signals_of(study.family.kind), quality)


def _curves(
    runs: pd.DataFrame, history: pd.DataFrame, wanted: Sequence[Signal]
) -> dict[str, Any] | None:
    """Curves [column, run, round] as bytes; runs without history are all MISSING."""
    rounds = np.sort(history["round"].unique())
    known = [signal for signal in wanted if signal.column in history]
    if not len(rounds) or not known:
        return None
    known = known[: max(1, CURVE_BYTES // (len(runs) * len(rounds)))]
    rows = history["run_id"].map({run_id: k for k, run_id in enumerate(runs["run_id"])})
    columns = np.searchsorted(rounds, history["round"])
    kept = rows.notna().to_numpy()
    blocks, scales = [], []
    for signal in known:
        table = np.full((len(runs), len(rounds)), np.nan)
        at = (rows[kept].to_numpy(dtype=int), columns[kept])
        table[at] = history[signal.column].to_numpy(dtype=float)[kept]
        low, high, table = _range(table, signal.log)
        blocks.append(quantise(table, low, high))
        scales.append({"label": signal.title, "low": low, "high": high, "log": signal.log})
    return {
        "rounds": [int(r) for r in rounds],
        "columns": scales,
        "data": _encoded(np.stack(blocks)),
    }


def _range(table: npt.NDArray[Any], log: bool) -> tuple[float, float, npt.NDArray[Any]]:
    """The range that curves are drawn over, and their values on that scale.

    Shares have all of [0, 1]; other curves the 0.5th to the 99.5th percentile, so that one diverged
    run does not flatten all others.
    """
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            table = np.where(table > 0, np.log10(table), np.nan)
    known = table[np.isfinite(table)]
    if not len(known):
        return 0.0, 1.0, table
    if not log and known.min() >= 0 and known.max() <= 1:
        return 0.0, 1.0, table
    low, high = np.percentile(known, [0.5, 99.5])
    return float(f"{low:.4g}"), float(f"{high:.4g}"), table


def _strips(results: Results, view: StripView) -> dict[str, Any] | None:
    """Film strips [run, frame, sample, (x, y)] as bytes over the frame; `of`: runs' positions.

    None for images, which are too large to hold for every run.
    """
    plane = view.space
    if not isinstance(plane, Plane):
        return None
    ids = list(results.runs["run_id"])
    frames = len(next(s for row in view.rows for s in (row.failing, row.healthy) if s).rounds)
    n = STRIP_BYTES // (2 * len(ids) * frames)
    if n < 16:
        return None
    shots = {k: shot for k, run_id in enumerate(ids) if (shot := results.samples(run_id))}
    shots = {k: shot for k, shot in shots.items() if len(shot[0]) == frames}
    n = min(n, 60, *(shot[1].shape[1] for shot in shots.values()))
    points = np.stack([np.asarray(shot[1][:, :n], dtype=float) for shot in shots.values()])
    offset = points - np.asarray(plane.middle)
    outside = (np.abs(offset) > plane.reach).any(axis=-1, keepdims=True)
    offset = np.where(outside, np.nan, offset)
    return {
        "rounds": [int(r) for r in next(iter(shots.values()))[0]],
        "n": n,
        "of": list(shots),
        "centres": quantise(
            plane.centres - np.asarray(plane.middle), -plane.reach, plane.reach
        ).tolist(),
        "data": _encoded(quantise(offset, -plane.reach, plane.reach)),
    }
