"""What `vistab study` does once its request is understood."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.filesize import decimal

from vistab.analysis import Verdict, to_record
from vistab.analysis.wording import count
from vistab.cli.frames import told_of
from vistab.cli.judging import judge_and_report
from vistab.cli.live import StudyProgress, show_progress
from vistab.cli.preparing import prepare_images
from vistab.cli.tables import print_notes, print_verdicts
from vistab.errors import Interrupted, MachineError, ResultsError, StorageError
from vistab.execution import local, ray_tune
from vistab.execution.cluster import workers_here
from vistab.execution.machine import storage_trouble
from vistab.execution.packs import slot_of
from vistab.plan import make_plan
from vistab.plan.disk import disk_use
from vistab.plan.model import Plan
from vistab.results import Results, load
from vistab.results.provenance import Session
from vistab.results.store import Store, open_store
from vistab.spec.study import Study

ENGINES = {"ray": ray_tune.execute, "local": local.execute}


@dataclass(frozen=True)
class Request:
    """What was asked of `vistab study`; `words` are those on its command line."""

    plan: Plan
    out: Path
    fresh: bool
    engine: str
    workers: int | None
    address: str | None
    quiet: bool
    words: Sequence[str]
    source: Mapping[str, str] | None = None  # hashes of a user's own modules

    @property
    def command(self) -> str:
        """The command as it may be typed again."""
        return shlex.join(["vistab", *self.words])

    @property
    def resuming_command(self) -> str:
        """The command that goes on from here."""
        return shlex.join(["vistab", *(word for word in self.words if word != "--fresh")])


@dataclass(frozen=True)
class Conclusion:
    """What a study came to: its results, verdicts and report."""

    results: Results
    verdicts: tuple[Verdict, ...]
    report: Path
    seconds: float

    @property
    def crashed(self) -> list[str]:
        """Ids of the runs that crashed."""
        runs = self.results.runs
        return runs.loc[runs["status"] == "crashed", "run_id"].tolist()

    @property
    def missing(self) -> list[str]:
        """Ids of the runs that have no result, and should have one."""
        runs = self.results.runs
        return runs.loc[runs["status"] == "missing", "run_id"].tolist()

    def told_missing(self) -> str:
        """What a reader is told of the runs that are missing."""
        more = f" and {len(self.missing) - 5} more" if self.missing[5:] else ""
        return (
            f"{count(len(self.missing), 'run')} missing: {', '.join(self.missing[:5])}{more}. "
            f"The same command tries again."
        )

    def told_crashes(self) -> str:
        """What a reader is told of the runs that crashed."""
        more = f" and {len(self.crashed) - 5} more" if self.crashed[5:] else ""
        runs = self.results.runs
        first = told_of(runs.loc[runs["status"] == "crashed", "error"].iloc[0])
        return (
            f"{count(len(self.crashed), 'run')} crashed: {', '.join(self.crashed[:5])}{more}.\n"
            f"The first with: {first}\n"
            f"Their tracebacks are in the column `error` of "
            f"{self.results.folder / 'runs.parquet'}; the same command tries again."
        )

    def document(self) -> dict[str, Any]:
        """What `--json` prints."""
        runs = self.results.runs
        return {
            "study": self.results.provenance["study"],
            "folder": str(self.results.folder),
            "report": str(self.report),
            "seconds": round(self.seconds, 1),
            "n_runs": len(runs),
            "status": dict(Counter(runs["status"])),
            "outcomes": dict(Counter(runs["outcome"].dropna())),
            "crashed": self.crashed,
            "verdicts": [to_record(verdict) for verdict in self.verdicts],
        }


def run(request: Request) -> Conclusion:
    """Run, judge and report the study; shows how it goes unless the request is quiet."""
    begin = time.monotonic()
    console = Console(quiet=request.quiet, highlight=False)
    study = request.plan.study
    with resumable(request):
        data = prepare_images(request.plan, console)
    with (
        resumable(request),
        telling_storage(request.out),
        open_store(
            request.out, study, fresh=request.fresh, data=data, source=request.source
        ) as store,
        telling_storage(store.folder),
    ):
        print_notes(console, request.plan, store)
        forget_damaged(study, store)
        _train(request, make_plan(study, store.trials()), store, console)
        if forget_damaged(study, store):
            _train(request, make_plan(study, store.trials()), store, console)
        store.consolidate(make_plan(study, store.trials()))
        verdicts, report = judge_and_report(store)
    conclusion = Conclusion(load(store.folder), verdicts, report, time.monotonic() - begin)
    print_verdicts(console, verdicts, report)
    return conclusion


def forget_damaged(study: Study, store: Store) -> bool:
    """Have the packs trained again whose records were damaged; whether there are any."""
    told = store.forget_damaged(make_plan(study, store.trials()))
    for line in told:
        print(f"{line}; its pack is trained again", file=sys.stderr)
    return bool(told)


def _train(request: Request, plan: Plan, store: Store, console: Console) -> None:
    """Train what is not trained yet. The session is noted only if there is something to do."""
    if not store.unfinished(plan):
        console.print("Every run is finished already; judging them again.")
        return
    if plan.study.evidence is not None and "perfect" not in store.provenance():
        store.note_perfect(_perfect(plan))
    start = StudyProgress.at(plan, finished=len(store.finished_runs()))
    with (
        store.session(_session(request)),
        show_progress(console, start) as on_progress,
    ):
        ENGINES[request.engine](
            plan,
            store,
            workers=request.workers,
            address=request.address,
            on_progress=on_progress,
        )


def _perfect(plan: Plan) -> dict[str, float]:
    """What real images score where the first arm's are compared; most studies have one target.

    On a GPU if this process has one; packs may train on other machines' GPUs.
    """
    import torch

    from vistab.training.measuring import perfect_sampler

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return perfect_sampler(plan.arms[0].settings, device)


@contextmanager
def resumable(request: Request) -> Iterator[None]:
    """Interrupted or MachineError, with the command that goes on, whatever is stopped in here."""
    try:
        yield
    except (Interrupted, KeyboardInterrupt):
        raise Interrupted(
            f"Interrupted. What is done is kept; go on with: {request.resuming_command}"
        ) from None
    except StorageError as error:
        raise MachineError(
            f"{error}. What is done is kept; {_needed(error, request.plan)}, then go on with: "
            f"{request.resuming_command}"
        ) from error
    except MachineError as error:
        raise MachineError(
            f"{error}. What is done is kept; go on with: {request.resuming_command}"
        ) from error


def _needed(error: StorageError, plan: Plan) -> str:
    """What must be done before a study can go on."""
    if error.missing:
        return "bring it back"
    if not error.full:
        return "make it writable"
    use = disk_use(plan, workers_here(plan.study.resources))
    free = decimal(shutil.disk_usage(error.folder).free)
    return f"make room (the study takes about {decimal(use.running or use.kept)}, {free} are free)"


@contextmanager
def telling_storage(folder: Path) -> Iterator[None]:
    """StorageError, in place of what the system or the store says, if the folder is the trouble."""
    there = folder.exists()
    try:
        yield
    except (OSError, ResultsError) as error:
        if isinstance(error, ResultsError) and folder.exists() == there:
            raise
        if trouble := storage_trouble(error, folder if there else Path.cwd()):
            raise trouble from error
        raise


def _session(request: Request) -> Session:
    resources = request.plan.study.resources
    workers = request.workers
    if request.address is None:
        workers = 1 if request.engine == "local" else workers_here(resources, workers)
    return Session(request.command, request.engine, workers, slot_of(resources).device)
