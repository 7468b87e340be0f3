"""The folder of one pack while its study runs: its record, and the marker that it is done.

`done.json` is written last, so a record either counts as a whole or not at all. Workers write here
themselves; these markers, and no engine's own state, are the truth for resuming.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vistab.results.files import read_json, write_atomically, write_json
from vistab.results.record import PackProgress, PackRecord
from vistab.results.tables import read_table, table_of, write_table


@dataclass(frozen=True)
class PackFolder:
    """`path` is work/<pack_id>/ of a results folder."""

    path: Path

    @property
    def pack_id(self) -> str:
        """Id of the pack that lives here."""
        return self.path.name

    def create(self) -> None:
        """Make the folder if it is not there."""
        self.path.mkdir(parents=True, exist_ok=True)

    # --- a finished pack

    def write(self, record: PackRecord) -> None:
        """Store what a finished pack leaves behind; the done marker comes last."""
        self.create()
        write_table(self.path / "runs.parquet", table_of(record.runs))
        write_table(self.path / "history.parquet", table_of(record.history, float32=True))
        write_atomically(
            self.path / "samples.npz",
            lambda file: np.savez_compressed(file, **record.samples),  # type: ignore[arg-type]
        )
        write_json(self.path / "done.json", _marker(record))
        (self.path / "crash.json").unlink(missing_ok=True)

    def done(self) -> dict[str, Any] | None:
        """The done marker: `runs` (ids), `rounds`, `outcomes` (counts); None if not done."""
        path = self.path / "done.json"
        return read_json(path) if path.exists() else None

    def progress(self) -> PackProgress | None:
        """The last progress report of a finished pack; None if it is not done."""
        marker = self.done()
        if marker is None:
            return None
        return PackProgress(
            self.pack_id,
            round=marker["rounds"],
            rounds=marker["rounds"],
            n_runs=len(marker["runs"]),
            diverged=marker["outcomes"].get("diverged", 0),
            outcomes=marker["outcomes"],
        )

    def runs(self) -> list[dict[str, Any]]:
        """A row per run of a finished pack."""
        rows: list[dict[str, Any]] = read_table(self.path / "runs.parquet").to_pylist()
        return rows

    def history(self) -> pa.Table:
        """A row per run and snapshot of a finished pack."""
        return read_table(self.path / "history.parquet")

    # --- a crashed pack

    def write_crash(self, run_ids: Sequence[str], error: str) -> None:
        """Record that the pack crashed; `error` is the traceback."""
        self.create()
        write_json(self.path / "crash.json", {"runs": list(run_ids), "error": error})

    def crash(self) -> dict[str, Any] | None:
        """The crash: `runs` (ids) and `error` (traceback); None if it did not crash."""
        path = self.path / "crash.json"
        return read_json(path) if path.exists() else None

    def forget_crash(self) -> None:
        """Clear the crash, so that the pack may be tried again."""
        (self.path / "crash.json").unlink(missing_ok=True)


def _marker(record: PackRecord) -> dict[str, Any]:
    return {
        "runs": record.runs["run_id"].tolist(),
        "rounds": int(record.runs["rounds"].max()),
        "outcomes": dict(Counter(record.runs["outcome"].tolist())),
    }
