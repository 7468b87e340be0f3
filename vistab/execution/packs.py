"""What happens to one pack, whichever engine runs it: train, retry, record. Lives here once."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from vistab.errors import MachineError, ResultsError
from vistab.execution import machine
from vistab.plan.model import Pack, Plan
from vistab.results.files import locked
from vistab.results.pack_folder import PackFolder
from vistab.results.record import OnProgress, PackProgress, PackRecord
from vistab.results.store import Store
from vistab.spec.study import ResourcesSpec

RETRIES = 1
"""How often a pack that crashed, or whose process died, is tried again from its checkpoint. Once a
new checkpoint is there, it is counted anew."""


Probe = Callable[[str], str]
"""From the torch device asked for to the one to train on; called where the pack is trained."""


def present(device: str) -> str:
    """The device that is asked for. MachineError if it is a GPU, and torch finds none here."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        asked = "resources.gpus_per_pack asks for a GPU, but torch finds no CUDA here"
        raise MachineError(f"{machine.name()}: {asked}")
    return device


@dataclass(frozen=True)
class Slot:
    """How a pack is trained: on a torch device, as `probe` finds it, with so many threads.

    compiled: by torch.compile. checkpoint_seconds: between two checkpoints.
    """

    device: str
    threads: int
    probe: Probe = present
    compiled: bool = False
    checkpoint_seconds: float = 60.0


def slot_of(resources: ResourcesSpec, probe: Probe = present) -> Slot:
    """The slot that a study's resources ask for."""
    device = "cuda" if resources.gpus_per_pack else "cpu"
    threads = max(1, int(resources.cpus_per_pack))
    return Slot(device, threads, probe, resources.compile, resources.checkpoint_seconds)


def start(plan: Plan, store: Store) -> tuple[Pack, ...]:
    """Clear old crashes and return the packs still to be run; arms must be known for that."""
    todo = tuple(pack for pack in store.unfinished(plan) if pack.runs[0].arm.known)
    for pack in todo:
        store.pack_folder(pack.pack_id).create()
        store.pack_folder(pack.pack_id).forget_crash()
    return todo


def announce_all(plan: Plan, store: Store, on_progress: OnProgress) -> None:
    """Report the packs that are over."""
    for pack in plan.packs:
        announce(pack, store, on_progress)


def announce(pack: Pack, store: Store, on_progress: OnProgress) -> None:
    """Report what came of a pack, if it is over; crashed runs are counted as such."""
    folder = store.pack_folder(pack.pack_id)
    progress = folder.progress()
    if progress is None and folder.crash():
        rounds, n_runs = pack.runs[0].arm.settings.budget.rounds, len(pack.runs)
        progress = PackProgress(pack.pack_id, rounds, rounds, n_runs, 0, {"crashed": n_runs})
    if progress is not None:
        on_progress(progress)


def run_pack(pack: Pack, folder: PackFolder, slot: Slot, on_progress: OnProgress) -> None:
    """Train one pack and record it as done, or as crashed after RETRIES further attempts.

    Returns at once if it is recorded already. A worker that outlived a killed driver may still be
    at work in the folder for a moment, so the folder is locked. MachineError, and no record, if
    this machine failed; SpoiltProcess if the pack crashed so that this process is of no more use.
    """
    try:
        with locked(folder.path / ".lock", wait=True):
            if folder.done() is None and folder.crash() is None:
                _train_or_record_crash(pack, folder, slot, on_progress)
    except (OSError, ResultsError) as error:  # such as a folder that cannot even be locked
        if trouble := machine.machine_trouble(error, folder.results):
            raise trouble from error
        raise


def _train_or_record_crash(
    pack: Pack, folder: PackFolder, slot: Slot, on_progress: OnProgress
) -> None:
    failures = 0
    while failures <= RETRIES:
        before = folder.last_checkpoint()
        try:
            folder.write(_train(pack, folder, slot, on_progress))
            _remove_checkpoints(folder)
            return
        except Exception as error:  # whatever a family raises: its pack is lost, no other one
            if trouble := machine.machine_trouble(error, folder.results):
                raise trouble from error
            failures = failures + 1 if folder.last_checkpoint() == before else 1
            told, spoilt = traceback.format_exc(), machine.spoils(error)
        if spoilt:
            break
    folder.write_crash([run.run_id for run in pack.runs], told)
    if spoilt:
        raise machine.SpoiltProcess(told)


def _remove_checkpoints(folder: PackFolder) -> None:
    """A finished pack's are of no more use, and large."""
    for path in folder.checkpoints():
        path.unlink()


def _train(pack: Pack, folder: PackFolder, slot: Slot, on_progress: OnProgress) -> PackRecord:
    import torch  # here, so that the command line can list its verbs without it

    from vistab import training

    torch.set_num_threads(slot.threads)
    return training.train_pack(
        pack,
        folder.path,
        on_progress,
        slot.probe(slot.device),
        compiled=slot.compiled,
        checkpoint_seconds=slot.checkpoint_seconds,
    )
