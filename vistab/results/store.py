"""The results folder while a study writes it: append-only, safe to kill, resumable.

study.yaml provenance.json           what was asked for, declared and used
work/<pack_id>/                      one folder a pack (pack_folder.py)
runs.parquet history.parquet samples/  merged from them by `consolidate`
verdicts.json report.html            what was ruled

The hash of each is kept as it is written (integrity.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vistab.errors import ResultsError
from vistab.plan.model import Pack, Plan
from vistab.plan.trials import Trial
from vistab.results.changes import changes
from vistab.results.conditions import trained_on
from vistab.results.files import locked, write_json, write_text
from vistab.results.generations import WITHOUT, choose_folder, holds_results, noted_before
from vistab.results.integrity import (
    HISTORY,
    REPORT,
    RUNS,
    STUDY,
    VERDICTS,
    Kept,
    check_needed,
    damage,
    kept_of,
    newly_kept,
    read_kept,
)
from vistab.results.merge import merge
from vistab.results.pack_folder import PackFolder
from vistab.results.provenance import (
    NAME,
    Data,
    Session,
    declaration,
    declared_data,
    ended,
    now,
    read_provenance,
    same_data,
    same_source,
    started,
    write_provenance,
)
from vistab.results.sealed import FILES
from vistab.results.search_log import NAME as LOG
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

    def declare(
        self, study: Study, data: Data | None = None, source: Mapping[str, str] | None = None
    ) -> None:
        """Take a study in. What is claimed may change later, what is trained may not.

        The hashes in provenance.json are those first declared, so claims that changed since are
        known as post hoc. ResultsError, with what differs, if the trained part changed, or the data
        that it is trained on, or a user's own modules; and if the folder holds results, but not
        what was declared before them.
        """
        if not (self.folder / NAME).exists():
            if holds_results(self.folder):
                raise ResultsError(f"{self.folder}: no {NAME}\n{WITHOUT}")
            write_text(self.folder / STUDY, study_text(study))
            earlier = noted_before(self.folder, study.study)
            write_provenance(self.folder, declaration(study, now(), data, source, earlier))
        else:
            self._check_same(study)
            self._check_same_data(data)
            self._check_same_source(source)
            write_text(self.folder / STUDY, study_text(study))
        self._keep_anew([STUDY])

    def _check_same_data(self, data: Data | None) -> None:
        if same_data(self.provenance(), data):
            return
        raise ResultsError(
            f"{self.folder}: learned from other images (--fresh starts over beside it):\n"
            f"  {declared_data(self.provenance())} -> {data}"
        )

    def _check_same_source(self, source: Mapping[str, str] | None) -> None:
        if same_source(self.provenance(), source):
            return
        recorded, asked = self.provenance()["source"], source or {}
        names = sorted({*recorded, *asked})
        differing = [name for name in names if recorded.get(name) != asked.get(name)]
        raise ResultsError(
            f"{self.folder}: trained by other code of yours (--fresh starts over beside it): "
            f"changed since: {', '.join(differing)}"
        )

    def _check_same(self, study: Study) -> None:
        if self.provenance()["trained_hash"] == trained_hash(study):
            return
        differing = self._differing(study) or ("another version of vistab wrote it",)
        head = f"{self.folder}: holds another study (--fresh starts over beside it):"
        raise ResultsError("\n".join([head, *(f"  {line}" for line in differing)]))

    def _differing(self, study: Study) -> tuple[str, ...]:
        content = read_kept(self.folder / STUDY, self.kept(STUDY))
        return changes(yaml.safe_load(content), yaml.safe_load(study_text(study)))

    def provenance(self) -> dict[str, Any]:
        """What provenance.json holds."""
        return read_provenance(self.folder)

    def note_perfect(self, scores: Mapping[str, float]) -> None:
        """Note in provenance.json what real images score, by metric."""
        write_provenance(self.folder, {**self.provenance(), "perfect": dict(scores)})

    @contextmanager
    def session(self, session: Session) -> Iterator[None]:
        """Note in provenance.json when and how a session runs; an interrupted one has no end."""
        write_provenance(self.folder, started(self.provenance(), session))
        yield
        write_provenance(self.folder, ended(self.provenance()))

    def trials(self) -> tuple[Trial, ...]:
        """What the study's search, if it has one, has tried so far."""
        return log_of(self.folder).trials()

    # --- whether files are what was written

    def kept(self, name: str) -> Kept | None:
        """What is known of a file's content; None if nothing is."""
        kept: Kept | None = self.provenance().get(FILES, {}).get(name)
        return kept

    def _keep(self, names: Iterable[str]) -> None:
        """Keep the hashes of files that are whole now."""
        provenance = self.provenance()
        files = newly_kept(provenance.get(FILES, {}), kept_of(self.folder, names, now()))
        write_provenance(self.folder, {**provenance, FILES: files})

    def _keep_anew(self, names: Iterable[str]) -> None:
        """The same in a folder that keeps hashes; one of before there were any stays as it is."""
        if FILES in self.provenance():
            self._keep(names)

    def check_finished(self) -> None:
        """ResultsError, saying what is lost, if tables of a finished study were damaged.

        While packs are in work/, tables are made again from these.
        """
        if self.work.exists():
            return
        check_needed(self.folder, self.provenance())

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
        """Ids of the runs in whole tables; none as long as a run is not finished, for until then
        only packs count."""
        path = self.folder / RUNS
        if not path.exists() or damage(self.folder / HISTORY, self.kept(HISTORY)):
            return frozenset()
        try:
            runs = read_frame(path, ["run_id", "status"], self.kept(RUNS))
        except ResultsError:
            if self.work.exists():
                return frozenset()
            raise
        return frozenset(runs["run_id"] if (runs["status"] == "finished").all() else ())

    def damaged(self, plan: Plan) -> dict[PackFolder, str]:
        """The packs whose records are not to be believed any more, and why."""
        planned = {pack.pack_id: {run.run_id for run in pack.runs} for pack in plan.packs}
        told = {folder: _damage(folder, planned) for folder in self.pack_folders()}
        return {folder: why for folder, why in told.items() if why is not None}

    def forget_damaged(self, plan: Plan) -> tuple[str, ...]:
        """Take damaged packs as not done, so that they are trained again; why, a line each."""
        if self._merged_runs() >= _ids(plan):
            return ()
        damaged = self.damaged(plan)
        for folder in damaged:
            folder.forget()
        return tuple(damaged.values())

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

        Removes work/ once every run is finished and the tables' hashes are kept, and only then.
        Calling it again changes nothing. Runs of damaged packs are missing.
        """
        if not self._merged_runs() >= _ids(plan):
            self._keep(merge(plan, self.pack_folders(), self.damaged(plan), self.folder))
            self._note_conditions()
        if self._merged_runs() >= _ids(plan) and self.work.exists():
            self._keep(name for name in (STUDY, LOG) if (self.folder / name).exists())
            shutil.rmtree(self.work, ignore_errors=True)

    def _note_conditions(self) -> None:
        """Note in provenance.json on what the runs were trained that are there."""
        found = trained_on(read_frame(self.folder / "runs.parquet"))
        write_provenance(self.folder, {**self.provenance(), "trained_on": found})

    def write_verdicts(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write verdicts.json, a record per claim."""
        write_json(self.folder / VERDICTS, [dict(record) for record in records])
        self._keep_anew([VERDICTS])

    def write_report(self, page: str) -> Path:
        """Write report.html; returns its path."""
        write_text(self.folder / REPORT, page)
        self._keep_anew([REPORT])
        return self.folder / REPORT


def _ids(plan: Plan) -> set[str]:
    return {run.run_id for run in plan.runs}


def _damage(folder: PackFolder, planned: Mapping[str, set[str]]) -> str | None:
    """Why a pack's record is not to be believed; one of other runs than planned is not, either."""
    told, marker = folder.damage(), folder.done()
    if told or marker is None or folder.pack_id not in planned:
        return told
    foreign = set(marker["runs"]) ^ planned[folder.pack_id]
    if foreign:
        return f"{folder.path}: holds other runs than planned: {min(foreign)}"
    return None


@contextmanager
def open_store(
    out: Path,
    study: Study,
    *,
    fresh: bool = False,
    data: Data | None = None,
    source: Mapping[str, str] | None = None,
) -> Iterator[Store]:
    """Lock the study's results folder under `out`, making it if need be, and take the study in.

    data: what it learns from, if that is a user's. source: hashes of a user's own modules.
    ResultsError if another process holds the folder, if it holds a study that is trained
    differently, on other data or by other modules, or if tables of the finished study are damaged.
    """
    store = Store(choose_folder(out, study, fresh=fresh, data=data, source=source))
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f"{store.folder}: cannot be made: {error.strerror}") from error
    with locked(store.folder / ".lock"):
        store.declare(study, data, source)
        store.check_finished()
        yield store


@contextmanager
def reopen_store(folder: Path) -> Iterator[Store]:
    """Lock a results folder that exists. ResultsError if it is none, or is in use."""
    read_provenance(folder)
    with locked(folder / ".lock"):
        yield Store(folder)
