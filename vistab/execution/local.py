"""The engine for debugging: every pack in this process, one after the other."""

from __future__ import annotations

from vistab.errors import Interrupted, MachineError
from vistab.execution.machine import SpoiltProcess, first_line
from vistab.execution.packs import (
    Probe,
    announce,
    announce_all,
    present,
    run_pack,
    slot_of,
    start,
)
from vistab.execution.search.running import open_search
from vistab.plan.model import Pack, Plan
from vistab.results.record import OnProgress, ignore
from vistab.results.store import Store


def execute(
    plan: Plan,
    store: Store,
    *,
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore,
    probe: Probe = present,
) -> None:
    """Train every pack of the plan that is not done yet; a search first, then what it chose.

    `workers` and `address` belong to the engines' common signature and are not used here.
    Raises Interrupted on Ctrl-C; the packs done so far are kept. MachineError if this machine
    fails, for there is no other process that could go on.
    """
    slot = slot_of(plan.study.resources, probe)

    def train(pack: Pack) -> None:
        run_pack(pack, store.pack_folder(pack.pack_id), slot, on_progress)
        announce(pack, store, on_progress)

    try:
        announce_all(plan, store, on_progress)
        search = open_search(plan, store)
        if search is not None:
            while (pack := search.next_pack()) is not None:
                train(pack)
                search.ended(pack)
            plan = search.plan()
        for pack in start(plan, store):
            train(pack)
    except SpoiltProcess as error:
        raise MachineError(
            f"the pack that crashed has left the GPU unusable for this process: {first_line(error)}"
        ) from error
    except KeyboardInterrupt:
        raise Interrupted("interrupted; the same command goes on from here") from None
