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
from vistab.plan.model import Pack, Plan, Run
from vistab.spec.axes import sections_of, sweepable_fields
from vistab.spec.claims import Value
from vistab.training import train_pack

Program = tuple[Value, ...]

FEW, MORE = 5, 25
"""Rounds of the two timings. Their difference is free of what a pack costs once."""


def measure_plan(plan: Plan) -> dict[str, Any]:
    """Time one pack of every program, and scale to every pack's runs and rounds.

    Keys: seconds (the whole study, packs spread over `workers`), work_seconds (their sum),
    workers, packs (pack_id -> seconds).
    """
    slot, workers = slot_of(plan.study.resources), default_workers(plan.study.resources)
    torch.set_num_threads(slot.threads)
    programs: dict[Program, list[Pack]] = {}
    for pack in plan.packs:
        programs.setdefault(program_of(plan, pack), []).append(pack)
    packs = {
        pack.pack_id: per_run * len(pack.runs) * plan.study.budget.rounds
        for alike in programs.values()
        for per_run in [seconds_per_round(alike[0], slot.device) / len(alike[0].runs)]
        for pack in alike
    }
    work = sum(packs.values())
    longest = max(packs.values())
    seconds = max(longest, work / workers)
    return {"seconds": seconds, "work_seconds": work, "workers": workers, "packs": packs}


def program_of(plan: Plan, pack: Pack) -> Program:
    """The values that make the pack's program: those of its splitting columns."""
    fields = sweepable_fields(sections_of(plan.study))
    assignment = pack.runs[0].arm.assignment
    return tuple(assignment[column] for column in plan.columns if not fields[column].stacks)


def seconds_per_round(pack: Pack, device: str) -> float:
    """Seconds that one round of the whole pack takes, without start-up and snapshots."""
    few, more = (_seconds(_shortened(pack, rounds), device) for rounds in (FEW, MORE))
    return max(0.0, more - few) / (MORE - FEW)


def _seconds(pack: Pack, device: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        train_pack(pack, Path(folder), device=device)
        return time.perf_counter() - begin


def _shortened(pack: Pack, rounds: int) -> Pack:
    return replace(pack, runs=tuple(_shortened_run(run, rounds) for run in pack.runs))


def _shortened_run(run: Run, rounds: int) -> Run:
    settings = run.arm.settings
    budget = settings.budget.model_copy(update={"rounds": rounds, "snapshots": 2})
    arm = replace(run.arm, settings=settings.model_copy(update={"budget": budget}))
    return replace(run, arm=arm)
