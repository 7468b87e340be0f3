"""What runs in Ray's own process (ray_tune.py starts it): Ray Tune, one trial a pack.

Tune schedules, restarts and reports; it decides nothing. Whether a pack is done is read from its
own folder, so Tune's state is thrown away at the end and a killed study goes on without it.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vistab.errors import MachineError
from vistab.execution import machine
from vistab.execution.cluster import cluster, set_environment, workers_of_cluster
from vistab.execution.packs import (
    RETRIES,
    Probe,
    Slot,
    announce,
    announce_all,
    run_pack,
    slot_of,
    start,
)
from vistab.execution.search.running import Search, open_search
from vistab.execution.tally import EndOfStudy, Machines
from vistab.execution.watch import Endpoints, endpoints_of_ray
from vistab.plan.model import Pack, Plan
from vistab.results.files import write_bytes
from vistab.results.pack_folder import PackFolder
from vistab.results.record import OnProgress, PackProgress
from vistab.results.store import Store
from vistab.spec.study import ResourcesSpec

PACK_FILE = "pack.pickle"
REPORT_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """What the engine was asked to do; see `ray_tune.execute`."""

    plan: Plan
    store: Store
    workers: int | None
    address: str | None
    probe: Probe


def drive(job: Job, on_progress: OnProgress, on_ray: Callable[[Endpoints], None]) -> None:
    """Do it, in this process; `on_ray` is told once Ray is up.

    RequestError if a pack asks for more than there is, or if Ray's address is wrong; MachineError
    if a machine fails again and again; StorageError if the results folder cannot be written.
    """
    set_environment(job.address)
    plan, store, resources = job.plan, job.store, job.plan.study.resources
    announce_all(plan, store, on_progress)
    search = open_search(plan, store)
    todo = start(plan, store) if search is None else ()
    if search is None and not todo:
        return
    try:
        with cluster(resources, job.workers, job.address, store.work) as scratch:
            on_ray(endpoints_of_ray())
            slot = slot_of(resources, job.probe)
            session = Session(store, scratch, resources, job.workers, slot)
            if search is not None:
                session.search(search, on_progress)
                todo = start(search.plan(), store)
            session.run(todo, on_progress)
    except EndOfStudy as end:
        raise end.error from None


@dataclass(frozen=True)
class Session:
    """Ray is up: what is the same for everything that Tune is given to do in it.

    scratch: a folder for Tune's own state. workers: packs trained at once, None if Ray decides.
    blameless: packs that were given up in this pass of Tune since a machine failed.
    """

    store: Store
    scratch: Path
    resources: ResourcesSpec
    workers: int | None
    slot: Slot
    blameless: set[str] = field(default_factory=set)

    def search(self, search: Search, on_progress: OnProgress) -> None:
        """Have Tune train what the search suggests.

        Tune asks for suggestions ahead of free workers unless it is told how many there are; asked
        too early, a sampler would not know yet how the pack in training does.
        """
        from vistab.execution.search.tune import LoggedSearcher

        packs: dict[str, Pack] = {}

        def before(pack: Pack) -> None:
            packs[pack.pack_id] = pack
            self._write(pack)

        config = {
            "search_alg": LoggedSearcher(search, before),
            "num_samples": -1,
            "max_concurrent_trials": workers_of_cluster(self.resources, self.workers),
        }
        self._tune("search", packs, {}, config, on_progress)

    def run(self, todo: tuple[Pack, ...], on_progress: OnProgress) -> None:
        """Have Tune train these packs.

        Tune takes a pack up again when its worker dies in it, but not when a reused worker dies
        between two packs: the next pack is then lost. So whatever left no record is tuned once
        more, and again as long as it comes further each time, or machines are to blame.
        """
        for pack in todo:
            self._write(pack)
        lost, in_vain, number = todo, Counter[str](), 0
        while lost:
            packs = {pack.pack_id: pack for pack in lost}
            before = self._checkpoints(lost)
            self.blameless.clear()
            space = {"pack": self._grid(packs)}
            config = {"max_concurrent_trials": self.workers}
            errors = self._tune(f"tune{number}", packs, space, config, on_progress)
            number += 1
            lost = tuple(pack for pack in lost if not self._recorded(pack))
            for pack_id, checkpoint in self._checkpoints(lost).items():
                further = checkpoint != before[pack_id] or pack_id in self.blameless
                in_vain[pack_id] = 0 if further else in_vain[pack_id] + 1
            for pack in lost:
                if in_vain[pack.pack_id] > RETRIES:
                    error = errors.get(pack.pack_id) or "its worker ended without a word"
                    self.store.write_crash(pack, str(error))
            lost = tuple(pack for pack in lost if not self._recorded(pack))

    def _checkpoints(self, packs: tuple[Pack, ...]) -> dict[str, str | None]:
        ids = [pack.pack_id for pack in packs]
        return {id_: self.store.pack_folder(id_).last_checkpoint() for id_ in ids}

    def _write(self, pack: Pack) -> None:
        """Put the pack where its trial will look for it."""
        write_bytes(self.store.pack_folder(pack.pack_id).path / PACK_FILE, pickle.dumps(pack))

    def _grid(self, packs: Mapping[str, Pack]) -> Any:
        from ray import tune

        return tune.grid_search(list(packs))

    def _recorded(self, pack: Pack) -> bool:
        folder = self.store.pack_folder(pack.pack_id)
        return bool(folder.done() or folder.crash())

    def _tune(
        self,
        name: str,
        packs: Mapping[str, Pack],
        space: Mapping[str, Any],
        config: Mapping[str, Any],
        on_progress: OnProgress,
    ) -> dict[str, object]:
        """Run trials, one a pack; by pack the error that its trial ended with, None if without.

        A trial is known by its folder: one whose worker was killed may have lost its config.
        `packs` may grow while trials run.
        """
        from ray import tune

        from vistab.execution.callback import TrialCallback

        asked = {"cpu": self.resources.cpus_per_pack, "gpu": self.resources.gpus_per_pack}
        tuner = tune.Tuner(
            tune.with_resources(_trial, asked),
            param_space={
                **space,
                "work": str(self.store.work.absolute()),
                "slot": pickle.dumps(self.slot),  # its probe may need the path below
                "sys_path": [os.path.abspath(entry) for entry in sys.path],
            },
            tune_config=tune.TuneConfig(
                reuse_actors=True,  # one import of torch a worker, not one a pack
                trial_name_creator=_name,
                trial_dirname_creator=_name,
                **config,
            ),
            run_config=tune.RunConfig(
                name=name,
                storage_path=str(self.scratch),
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                callbacks=[
                    TrialCallback(
                        on_progress,
                        lambda id_: announce(packs[id_], self.store, on_progress),
                        self.blameless.add,
                        Machines(self.store),
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
    slot: Slot = pickle.loads(config["slot"])
    report = _Reporter()
    try:
        pack: Pack = pickle.loads((folder.path / PACK_FILE).read_bytes())
        run_pack(pack, folder, slot, report)
    except Exception as error:
        if trouble := machine.machine_trouble(error, folder.results):
            report.trouble(trouble)
        raise  # whereupon Tune ends this process and has another one go on
    report.last()


class _Reporter:
    """Sends progress to the driver as plain data, at most once in REPORT_SECONDS."""

    def __init__(self) -> None:
        self.next = 0.0

    def __call__(self, progress: PackProgress) -> None:
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + REPORT_SECONDS
            self._send(progress=asdict(progress))

    def trouble(self, error: MachineError) -> None:
        """Tell the driver what is wrong with this machine."""
        self._send(trouble=error)

    def last(self) -> None:
        """Tell Tune that the trial is over; what came of it stands in the pack's folder."""
        self._send(over=True)

    def _send(self, **news: object) -> None:
        from ray import tune

        tune.report({"machine": machine.name(), **news})
