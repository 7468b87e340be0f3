"""The engine of `vistab study`: Ray Tune, one trial a pack.

Tune schedules, restarts and reports; it decides nothing. Whether a pack is done is read from its
own folder, so Tune's state is thrown away at the end and a killed study goes on without it.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from vistab.errors import Interrupted
from vistab.execution.cluster import cluster
from vistab.execution.packs import (
    RETRIES,
    Probe,
    Slot,
    announce,
    present,
    run_pack,
    slot_of,
    start,
)
from vistab.plan.model import Pack, Plan
from vistab.results.files import write_bytes
from vistab.results.pack_folder import PackFolder
from vistab.results.record import OnProgress, PackProgress, ignore
from vistab.results.store import Store
from vistab.spec.study import ResourcesSpec

PACK_FILE = "pack.pickle"
REPORT_SECONDS = 1.0


def execute(
    plan: Plan,
    store: Store,
    *,
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore,
    probe: Probe = present,
) -> None:
    """Train every pack of the plan that is not done yet, `workers` at a time.

    `address` names a running Ray cluster, whose machines must see the results folder. Raises
    Interrupted on Ctrl-C (the packs done so far are kept) and RequestError if a pack asks for more
    than there is.
    """
    try:
        todo = start(plan, store, on_progress)
        for pack in todo:
            write_bytes(store.pack_folder(pack.pack_id).path / PACK_FILE, pickle.dumps(pack))
        if todo:
            _run(plan, todo, store, workers, address, on_progress, probe)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; the same command goes on from here") from None


def _run(
    plan: Plan,
    todo: tuple[Pack, ...],
    store: Store,
    workers: int | None,
    address: str | None,
    on_progress: OnProgress,
    probe: Probe,
) -> None:
    """Tune takes a pack up again when its worker dies in it, but not when a reused worker dies
    between two packs: the next pack is then lost. So whatever left no record is tuned once more.
    """
    with cluster(plan.study.resources, workers, address, store.work / "scratch") as scratch:
        lost, errors = todo, dict[str, object]()
        for attempt in range(1 + RETRIES):
            slot = slot_of(plan.study.resources, probe)
            folder = scratch / f"tune{attempt}"
            errors = _tune(plan.study.resources, lost, store, workers, folder, on_progress, slot)
            lost = tuple(pack for pack in lost if not _recorded(store, pack))
            if not lost:
                return
    for pack in lost:
        error = errors.get(pack.pack_id) or "its worker ended without a word"
        store.write_crash(pack, str(error))


def _recorded(store: Store, pack: Pack) -> bool:
    folder = store.pack_folder(pack.pack_id)
    return bool(folder.done() or folder.crash())


def _tune(
    resources: ResourcesSpec,
    todo: tuple[Pack, ...],
    store: Store,
    workers: int | None,
    folder: Path,
    on_progress: OnProgress,
    slot: Slot,
) -> dict[str, object]:
    """Have Tune train the packs; by pack the error that its trial ended with, None if without.

    A trial is known by its folder: one whose worker was killed may have lost its config.
    """
    from ray import tune

    from vistab.execution.callback import ProgressCallback

    packs = {pack.pack_id: pack for pack in todo}
    tuner = tune.Tuner(
        tune.with_resources(
            _trial, {"cpu": resources.cpus_per_pack, "gpu": resources.gpus_per_pack}
        ),
        param_space={
            "pack": tune.grid_search(list(packs)),
            "work": str(store.work.absolute()),
            "slot": slot,
            "sys_path": [os.path.abspath(entry) for entry in sys.path],
        },
        tune_config=tune.TuneConfig(
            reuse_actors=True,  # one import of torch a worker, not one a pack
            max_concurrent_trials=workers,
            trial_name_creator=_name,
            trial_dirname_creator=_name,
        ),
        run_config=tune.RunConfig(
            name=folder.name,
            storage_path=str(folder.parent),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=RETRIES),
            callbacks=[
                ProgressCallback(
                    on_progress, lambda pack_id: announce(packs[pack_id], store, on_progress)
                )
            ],
        ),
    )
    results: Any = tuner.fit()  # its type says nothing of being iterable
    return {Path(result.path).name: result.error for result in results}


def _name(trial: Any) -> str:
    return str(trial.config["pack"])


def _trial(config: dict[str, Any]) -> None:
    """Run one pack; called by Tune in a worker, which runs many packs one after the other."""
    sys.path.extend(entry for entry in config["sys_path"] if entry not in sys.path)
    folder = PackFolder(Path(config["work"]) / config["pack"])
    pack: Pack = pickle.loads((folder.path / PACK_FILE).read_bytes())
    slot: Slot = config["slot"]
    report = _Reporter()
    run_pack(pack, folder, slot, report)
    report.last()


class _Reporter:
    """Sends progress to the driver as plain numbers, at most once in REPORT_SECONDS."""

    def __init__(self) -> None:
        self.next = 0.0

    def __call__(self, progress: PackProgress) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + REPORT_SECONDS
        self._send(
            pack=progress.pack_id,
            round=progress.round,
            rounds=progress.rounds,
            n_runs=progress.n_runs,
            diverged=progress.diverged,
        )

    def last(self) -> None:
        """Tell Tune that the trial is over; what came of it stands in the pack's folder."""
        self._send(over=True)

    def _send(self, **numbers: str | int) -> None:
        from ray import tune

        tune.report(numbers)
