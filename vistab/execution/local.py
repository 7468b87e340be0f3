"""The engine for debugging: every pack in this process, one after the other."""

from __future__ import annotations

from vistab.errors import Interrupted
from vistab.execution.packs import Probe, announce, present, run_pack, slot_of, start
from vistab.plan.model import Plan
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
    """Train every pack of the plan that is not done yet.

    `workers` and `address` belong to the engines' common signature and are not used here.
    Raises Interrupted on Ctrl-C; the packs done so far are kept.
    """
    try:
        for pack in start(plan, store, on_progress):
            folder = store.pack_folder(pack.pack_id)
            run_pack(pack, folder, slot_of(plan.study.resources, probe), on_progress)
            announce(pack, store, on_progress)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; the same command goes on from here") from None
