"""The results folder while a study writes it: append-only, safe to kill, resumable.

study.yaml provenance.json           what was asked for, declared and used
work/<pack_id>/                      one folder a pack (pack_folder.py)
runs.parquet history.parquet samples/  merged from them by `consolidate`
verdicts.json report.html            what was ruled
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vistab.errors import ResultsError
from vistab.plan.model import Pack, Plan
from vistab.plan.trials import Trial
from vistab.results.changes import changes
from vistab.results.files import locked, read_json, write_json, write_text
from vistab.results.merge import merge
from vistab.results.pack_folder import PackFolder
from vistab.results.provenance import (
    Data,
    Session,
    declaration,
    declared_data,
    ended,
    now,
    same_data,
    started,
)
from vistab.results.search_log import log_of
from vistab.results.tables import read_frame
from vistab.spec.identity import trained_hash
from vistab.spec.load import study_text
from vistab.spec.study import Study


@dataclass(frozen=True)
class Store:
    """A results folder that is written to. Get one from `open_store`, which also locks it."""

    folder: Path

    # --- what was asked for

    def declare(self, study: Study, data: Data | None = None) -> None:
        """Take a study in. What is claimed may change later, what is trained may not.

        The hashes in provenance.json are those first declared, so claims that changed since are
        known as post hoc. ResultsError, with what differs, if the trained part changed, or the data
        that it is trained on.
        """
        path = self.folder / "provenance.json"
        known = path.exists()
        if known:
            self._check_same(study)
            self._check_same_data(data)
        write_text(self.folder / "study.yaml", study_text(study))
        if not known:
            write_json(path, declaration(study, now(), data))

    def _check_same_data(self, data: Data | None) -> None:
        if same_data(self.provenance(), data):
            return
        raise ResultsError(
            f"{self.folder}: learned from other images (--fresh starts over beside it):\n"
            f"  {declared_data(self.provenance())} -> {data}"
        )

    def _check_same(self, study: Study) -> None:
        if self.provenance()["trained_hash"] == trained_hash(study):
            return
        recorded = yaml.safe_load((self.folder / "study.yaml").read_text(encoding="utf-8"))
        asked = yaml.safe_load(study_text(study))
        differing = changes(recorded, asked) or ("another version of vistab wrote it",)
        head = f"{self.folder}: holds another study (--fresh starts over beside it):"
        raise ResultsError("\n".join([head, *(f"  {line}" for line in differing)]))

    def provenance(self) -> dict[str, Any]:
        """What provenance.json holds."""
        data: dict[str, Any] = read_json(self.folder / "provenance.json")
        return data

    def note_perfect(self, scores: Mapping[str, float]) -> None:
        """Note in provenance.json what real images score, by metric."""
        noted = {**self.provenance(), "perfect": dict(scores)}
        write_json(self.folder / "provenance.json", noted)

    @contextmanager
    def session(self, session: Session) -> Iterator[None]:
        """Note in provenance.json when and how a session runs; an interrupted one has no end."""
        write_json(self.folder / "provenance.json", started(self.provenance(), session))
        yield
        write_json(self.folder / "provenance.json", ended(self.provenance()))

    def trials(self) -> tuple[Trial, ...]:
        """What the study's search, if it has one, has tried so far."""
        return log_of(self.folder).trials()

    # --- packs in progress

    @property
    def work(self) -> Path:
        """Where packs in progress live."""
        return self.folder / "work"

    def pack_folder(self, pack_id: str) -> PackFolder:
        """The folder of one pack (it may not exist yet)."""
        return PackFolder(self.work / pack_id)

    def pack_folders(self) -> tuple[PackFolder, ...]:
        """Every pack folder there is, by id."""
        if not self.work.exists():
            return ()
        return tuple(PackFolder(path) for path in sorted(self.work.iterdir()) if path.is_dir())

    def finished_runs(self) -> frozenset[str]:
        """Ids of all runs that are finished, whatever pack they were trained in."""
        markers = [marker for folder in self.pack_folders() if (marker := folder.done())]
        return self._merged_runs() | {run for marker in markers for run in marker["runs"]}

    def _merged_runs(self) -> frozenset[str]:
        path = self.folder / "runs.parquet"
        if not path.exists():
            return frozenset()
        runs = read_frame(path, columns=["run_id", "status"])
        return frozenset(runs.loc[runs["status"] == "finished", "run_id"])

    def unfinished(self, plan: Plan) -> tuple[Pack, ...]:
        """The packs of the plan that have yet to be trained, in the plan's order."""
        finished = self.finished_runs()
        return tuple(
            pack for pack in plan.packs if not all(run.run_id in finished for run in pack.runs)
        )

    def write_crash(self, pack: Pack, error: str) -> None:
        """Record that a pack crashed, with its traceback."""
        self.pack_folder(pack.pack_id).write_crash([run.run_id for run in pack.runs], error)

    # --- the tables

    def consolidate(self, plan: Plan) -> None:
        """Merge all packs into the folder's tables: exactly one row per planned run.

        Removes work/ once every run is finished, and only then. Calling it again changes nothing.
        """
        if self._merged_runs() < {run.run_id for run in plan.runs}:
            merge(plan, self.pack_folders(), self.folder)
        if self._merged_runs() >= {run.run_id for run in plan.runs}:
            shutil.rmtree(self.work, ignore_errors=True)

    def write_verdicts(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write verdicts.json, a record per claim."""
        write_json(self.folder / "verdicts.json", [dict(record) for record in records])

    def write_report(self, page: str) -> Path:
        """Write report.html; returns its path."""
        path = self.folder / "report.html"
        write_text(path, page)
        return path


@contextmanager
def open_store(
    out: Path, study: Study, *, fresh: bool = False, data: Data | None = None
) -> Iterator[Store]:
    """Lock the study's results folder under `out`, making it if need be, and take the study in.

    data: what it learns from, if that is a user's. ResultsError if another process holds the
    folder, or if it holds a study that is trained differently, or on other data.
    """
    store = Store(choose_folder(out, study, fresh=fresh, data=data))
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f"{store.folder}: cannot be made: {error.strerror}") from error
    with locked(store.folder / ".lock"):
        store.declare(study, data)
        yield store


@contextmanager
def reopen_store(folder: Path) -> Iterator[Store]:
    """Lock a results folder that exists. ResultsError if it is none, or is in use."""
    if not (folder / "provenance.json").exists():
        raise ResultsError(f"{folder}: not a results folder: no provenance.json")
    with locked(folder / ".lock"):
        yield Store(folder)


def choose_folder(
    out: Path, study: Study, *, fresh: bool = False, data: Data | None = None
) -> Path:
    """`out`/<study>, or <study>.2, .3, ...: the newest that holds this study, else the newest.

    `fresh` asks for the first one that does not exist yet. On other data it is another study.
    """
    folders = list(_generations(out, study.study))
    if fresh or not folders:
        return out / (study.study if not folders else f"{study.study}.{len(folders) + 1}")
    asked = trained_hash(study)
    known = [(folder, Store(folder).provenance()) for folder in folders]
    same = [(folder, it) for folder, it in known if it["trained_hash"] == asked]
    matching = [folder for folder, it in same if same_data(it, data)]
    return (matching or [folder for folder, _ in same] or folders)[-1]


def _generations(out: Path, name: str) -> Iterator[Path]:
    folder, number = out / name, 1
    while (folder / "provenance.json").exists():
        yield folder
        number += 1
        folder = out / f"{name}.{number}"
