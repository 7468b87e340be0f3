"""`vistab plan --measure`: what a plan's packs take on this machine."""

from __future__ import annotations

from typing import Any

import torch

from vistab.execution.cluster import workers_here
from vistab.execution.packs import Probe, present, slot_of
from vistab.plan.model import Pack, Plan
from vistab.plan.packs import Group, program_of
from vistab.spec.study import ResourcesSpec
from vistab.spec.targets import ImageTarget
from vistab.training.timing import Timing, time_pack


def measure_plan(plan: Plan, probe: Probe = present) -> dict[str, Any]:
    """Time one pack of every program, and scale to every pack's runs, rounds and snapshots.

    Keys: seconds (the whole study, packs spread over `workers`), work_seconds (their sum),
    unit_hours (the same in hours of one GPU, or of one core), workers, device (its name), packs
    (pack_id -> seconds), programs (see `_program`).
    """
    slot, resources = slot_of(plan.study.resources, probe), plan.study.resources
    device = slot.probe(slot.device)
    torch.set_num_threads(slot.threads)
    workers, packs, programs = workers_here(resources), dict[str, float](), list[dict[str, Any]]()
    for alike in _by_program(plan):
        timing = time_pack(alike[0], device, compiled=slot.compiled)
        programs.append(_program(alike, timing))
        per_run = seconds_of(alike[0], timing) / len(alike[0].runs)
        packs |= {pack.pack_id: per_run * len(pack.runs) for pack in alike}
    work = sum(packs.values())
    return {
        "seconds": max(*packs.values(), work / workers),
        "work_seconds": work,
        "unit_hours": work / 3600 * _units(resources),
        "workers": workers,
        "device": torch.cuda.get_device_name() if device == "cuda" else device,
        "packs": packs,
        "programs": programs,
    }


def seconds_of(pack: Pack, timing: Timing) -> float:
    """What the pack's real budget takes: all its rounds, and all its snapshots."""
    budget = pack.runs[0].arm.settings.budget
    return budget.rounds * timing.round + budget.snapshots * timing.snapshot


def _by_program(plan: Plan) -> list[list[Pack]]:
    programs: dict[Group, list[Pack]] = {}
    for pack in plan.packs:
        programs.setdefault(program_of(pack.runs[0].arm.settings), []).append(pack)
    return list(programs.values())


def _program(alike: list[Pack], timing: Timing) -> dict[str, Any]:
    """What was measured of the first of some packs that run one program.

    Keys: packs (their ids), n_runs, seconds_per_round, seconds_per_snapshot, images_per_second (of
    data, by all runs together; None unless the target is images).
    """
    n_runs = len(alike[0].runs)
    images = isinstance(alike[0].runs[0].arm.settings.target, ImageTarget)
    return {
        "packs": [pack.pack_id for pack in alike],
        "n_runs": n_runs,
        "seconds_per_round": timing.round,
        "seconds_per_snapshot": timing.snapshot,
        "images_per_second": n_runs * timing.seen / timing.round if images else None,
    }


def _units(resources: ResourcesSpec) -> float:
    """How many GPUs a pack takes, or how many cores if it takes none."""
    return resources.gpus_per_pack or resources.cpus_per_pack
