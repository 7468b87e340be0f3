"""The folder of one pack while its study runs: its record, and the marker that it is done.

`done.json` is written last, so a record either counts as a whole or not at all. It holds the hashes
of the record's files: a record that is no longer what was written counts for nothing, and its pack
is trained again. Workers write here themselves; these markers, and no engine's own state, are the
truth for resuming.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from vistab.errors import ResultsError
from vistab.results.files import write_atomically
from vistab.results.integrity import Kept, damage, kept_of
from vistab.results.provenance import now
from vistab.results.record import PackProgress, PackRecord
from vistab.results.sealed import FILES, read_sealed, write_sealed
from vistab.results.tables import read_table, table_of, write_table

RECORD: Final = ("runs.parquet", "history.parquet", "samples.npz")
"""The files of a record."""

CHECKPOINTS = "round-*.pt"
"""What the files are called that training goes on from."""


@dataclass(frozen=True)
class PackFolder:
    """`path` is work/<pack_id>/ of a results folder."""

    path: Path

    @property
    def pack_id(self) -> str:
        """Id of the pack that lives here."""
        return self.path.name

    @property
    def results(self) -> Path:
        """The results folder it is in."""
        return self.path.parents[1]

    def create(self) -> None:
        """Make the folder if it is not there; FileNotFoundError if the results folder is not.

        Where that was unmounted, its place on another disk must not be filled instead.
        """
        self.path.parent.mkdir(exist_ok=True)
        self.path.mkdir(exist_ok=True)

    def checkpoints(self) -> list[Path]:
        """Those of a pack in training, from old to new."""
        return sorted(self.path.glob(CHECKPOINTS))

    def last_checkpoint(self) -> str | None:
        """The name of the newest, which changes with each."""
        return self.checkpoints()[-1].name if self.checkpoints() else None

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
        kept = kept_of(self.path, RECORD, now())
        write_sealed(self._marker, {**_marker(record), FILES: kept})
        self.forget_crash()

    @property
    def _marker(self) -> Path:
        return self.path / "done.json"

    def done(self) -> dict[str, Any] | None:
        """The done marker: `runs` (ids), `rounds`, `outcomes` (counts), `files` (their hashes).

        None if the pack is not done, or its marker is damaged.
        """
        try:
            return self._read_marker() if self._marker.exists() else None
        except ResultsError:
            return None

    def _read_marker(self) -> dict[str, Any]:
        marker = read_sealed(self._marker)
        if not {"runs", "rounds", "outcomes"} <= marker.keys():
            raise ResultsError(f"{self._marker}: was changed or damaged: it lacks a part")
        return marker

    def kept(self, name: str) -> Kept | None:
        """What the marker says of a file of the record; None if it says nothing."""
        kept: Kept | None = (self.done() or {}).get(FILES, {}).get(name)
        return kept

    def damage(self) -> str | None:
        """Why the record of a finished pack is not to be believed; None if it is, or is none."""
        if not self._marker.exists():
            return None
        try:
            files = self._read_marker().get(FILES)
            if files is None:
                self._read_whole()
                return None
        except ResultsError as error:
            return str(error)
        told = (damage(self.path / name, files[name]) for name in RECORD)
        return next(filter(None, told), None)

    def _read_whole(self) -> None:
        """All that can be told of a record from before hashes were kept: whether it is read."""
        if [row["run_id"] for row in self.runs()] != self._read_marker()["runs"]:
            raise ResultsError(f"{self._marker}: names other runs than runs.parquet beside it")
        self.history()

    def forget(self) -> None:
        """Take the pack as not done, so that it is trained again."""
        self._marker.unlink(missing_ok=True)

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
        path = self.path / "runs.parquet"
        rows: list[dict[str, Any]] = read_table(path, kept=self.kept(path.name)).to_pylist()
        return rows

    def history(self) -> pa.Table:
        """A row per run and snapshot of a finished pack."""
        path = self.path / "history.parquet"
        return read_table(path, kept=self.kept(path.name))

    # --- a crashed pack

    def write_crash(self, run_ids: Sequence[str], error: str) -> None:
        """Record that the pack crashed; `error` is the traceback."""
        self.create()
        write_sealed(self._crash, {"runs": list(run_ids), "error": error})

    @property
    def _crash(self) -> Path:
        return self.path / "crash.json"

    def crash(self) -> dict[str, Any] | None:
        """The crash: `runs` (ids) and `error` (traceback); None if it did not crash.

        Of a crash whose record is damaged no runs are known, and the error says so.
        """
        try:
            return read_sealed(self._crash) if self._crash.exists() else None
        except ResultsError as error:
            return {"runs": [], "error": str(error)}

    def forget_crash(self) -> None:
        """Clear the crash, so that the pack may be tried again."""
        self._crash.unlink(missing_ok=True)


def _marker(record: PackRecord) -> dict[str, Any]:
    return {
        "runs": record.runs["run_id"].tolist(),
        "rounds": int(record.runs["rounds"].max()),
        "outcomes": dict(Counter(record.runs["outcome"].tolist())),
    }
