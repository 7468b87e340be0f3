"""`vistab plan --measure`: what a plan's packs take on this machine."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from vistab.execution.cluster import default_workers
from vistab.execution.packs import slot_of
from vistab.plan.model import Pack, Plan
from vistab.plan.packs import Group, program_of
from vistab.training import train_pack

TIMED_ROUNDS = 20
"""As many go before, so that what a pack costs once is not timed."""


def measure_plan(plan: Plan) -> dict[str, Any]:
    """Time one pack of every program, and scale to every pack's runs and rounds.

    Keys: seconds (the whole study, packs spread over `workers`), work_seconds (their sum),
    workers, packs (pack_id -> seconds).
    """
    slot, workers = slot_of(plan.study.resources), default_workers(plan.study.resources)
    device = slot.probe(slot.device)
    torch.set_num_threads(slot.threads)
    programs: dict[Group, list[Pack]] = {}
    for pack in plan.packs:
        programs.setdefault(program_of(pack.runs[0].arm.settings), []).append(pack)
    packs = {
        pack.pack_id: per_run * len(pack.runs) * plan.study.budget.rounds
        for alike in programs.values()
        for per_run in [seconds_per_round(alike[0], device) / len(alike[0].runs)]
        for pack in alike
    }
    work = sum(packs.values())
    longest = max(packs.values())
    seconds = max(longest, work / workers)
    return {"seconds": seconds, "work_seconds": work, "workers": workers, "packs": packs}


def seconds_per_round(pack: Pack, device: str) -> float:
    """Seconds that one round of the whole pack takes, with one snapshot in TIMED_ROUNDS."""
    runs = tuple(run.shortened(2 * TIMED_ROUNDS, snapshots=2) for run in pack.runs)
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        train_pack(
            replace(pack, runs=runs),
            Path(folder),
            lambda progress: ends.append(time.perf_counter()),
            device,
        )
    return (ends[1] - ends[0]) / TIMED_ROUNDS
