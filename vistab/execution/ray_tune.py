"""The engine of `vistab study`: Ray Tune, one trial a pack.

Tune schedules, restarts and reports; it decides nothing. Whether a pack is done is read from its
own folder, so Tune's state is thrown away at the end and a killed study goes on without it.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vistab.errors import Interrupted
from vistab.execution.cluster import cluster, set_environment, workers_of_cluster
from vistab.execution.packs import (
    RETRIES,
    Probe,
    Slot,
    announce,
    announce_all,
    present,
    run_pack,
    slot_of,
    start,
)
from vistab.execution.search.running import Search, open_search
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
    """Train every pack of the plan that is not done yet, `workers` at a time; a search first.

    `address` names a running Ray cluster, whose machines must see the results folder. Raises
    Interrupted on Ctrl-C (the packs done so far are kept) and RequestError if a pack asks for more
    than there is.
    """
    set_environment(address)
    resources = plan.study.resources
    try:
        announce_all(plan, store, on_progress)
        search = open_search(plan, store)
        todo = start(plan, store) if search is None else ()
        if search is None and not todo:
            return
        with cluster(resources, workers, address, store.work / "scratch") as scratch:
            session = Session(store, scratch, resources, workers, slot_of(resources, probe))
            if search is not None:
                session.search(search, on_progress)
                todo = start(search.plan(), store)
            session.run(todo, on_progress)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; the same command goes on from here") from None


@dataclass(frozen=True)
class Session:
    """Ray is up: what is the same for everything that Tune is given to do in it.

    scratch: a folder for Tune's own state. workers: packs trained at once, None if Ray decides.
    """

    store: Store
    scratch: Path
    resources: ResourcesSpec
    workers: int | None
    slot: Slot

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
        more.
        """
        for pack in todo:
            self._write(pack)
        lost, errors = todo, dict[str, object]()
        for attempt in range(1 + RETRIES):
            if not lost:
                return
            packs = {pack.pack_id: pack for pack in lost}
            space = {"pack": self._grid(packs)}
            config = {"max_concurrent_trials": self.workers}
            errors = self._tune(f"tune{attempt}", packs, space, config, on_progress)
            lost = tuple(pack for pack in lost if not self._recorded(pack))
        for pack in lost:
            error = errors.get(pack.pack_id) or "its worker ended without a word"
            self.store.write_crash(pack, str(error))

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

        from vistab.execution.callback import ProgressCallback

        asked = {"cpu": self.resources.cpus_per_pack, "gpu": self.resources.gpus_per_pack}
        tuner = tune.Tuner(
            tune.with_resources(_trial, asked),
            param_space={
                **space,
                "work": str(self.store.work.absolute()),
                "slot": self.slot,
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
                    ProgressCallback(
                        on_progress, lambda id_: announce(packs[id_], self.store, on_progress)
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
    """Sends progress to the driver as plain data, at most once in REPORT_SECONDS."""

    def __init__(self) -> None:
        self.next = 0.0

    def __call__(self, progress: PackProgress) -> None:
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + REPORT_SECONDS
            self._send(progress=asdict(progress))

    def last(self) -> None:
        """Tell Tune that the trial is over; what came of it stands in the pack's folder."""
        self._send(over=True)

    def _send(self, **news: object) -> None:
        from ray import tune

        tune.report(news)
