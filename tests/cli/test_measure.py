"""From a timed round and a timed snapshot to what a study takes, and what is said of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from vistab.cli import measure
from vistab.cli.measure import measure_plan
from vistab.cli.planning import print_plan
from vistab.cli.summary import summary
from vistab.plan import make_plan
from vistab.plan.memory import GIB, run_memory
from vistab.plan.model import Pack, Plan
from vistab.spec.load import load_study
from vistab.training.timing import Timing

STUDY = """
study: costly
target: {kind: %s}
family: {kind: gan, network: {width: 16, depth: 1}}
budget: {rounds: 1000, batch_size: 32, snapshots: 5}
replicates: 6
axes: {family.generator_steps: [1, 2]}
resources: {pack: 4, %s}
"""
ROUND, SNAPSHOT, SEEN = 2.0, 100.0, 64


@pytest.fixture
def plan(write: Callable[[str], Path]) -> Callable[..., Plan]:
    """Two programs, in packs of three runs each."""

    def planned(target: str = "digits", resources: str = "cpus_per_pack: 1") -> Plan:
        return make_plan(load_study(write(STUDY % (target, resources))))

    return planned


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Nothing is trained; the second program takes twice as long. Notes what was asked."""
    asked: list[dict[str, Any]] = []

    def time_pack(pack: Pack, device: str, *, compiled: bool) -> Timing:
        asked.append({"pack": pack, "device": device, "compiled": compiled})
        return Timing(len(asked) * ROUND, len(asked) * SNAPSHOT, SEEN)

    monkeypatch.setattr(measure, "time_pack", time_pack)
    monkeypatch.setattr(measure, "workers_here", lambda resources: 3)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Big GPU")
    return asked


def test_rounds_and_snapshots_are_counted_by_the_real_budget(
    plan: Callable[..., Plan], timed: list[dict[str, Any]]
) -> None:
    """1000 rounds and 5 snapshots; of each program one pack is timed, the others are as long."""
    made = plan()
    costs = measure_plan(made)
    first, second = 1000 * ROUND + 5 * SNAPSHOT, 2 * (1000 * ROUND + 5 * SNAPSHOT)
    assert len(made.packs) == 4
    assert sorted(costs["packs"].values()) == [first, first, second, second]
    assert costs["work_seconds"] == 2 * (first + second)
    assert costs["seconds"] == max(second, costs["work_seconds"] / 3)
    assert [one["seconds_per_round"] for one in costs["programs"]] == [ROUND, 2 * ROUND]
    assert [one["seconds_per_snapshot"] for one in costs["programs"]] == [SNAPSHOT, 2 * SNAPSHOT]
    assert {pack for one in costs["programs"] for pack in one["packs"]} == costs["packs"].keys()
    assert [(one["device"], one["compiled"]) for one in timed] == [("cpu", False)] * 2


def test_a_pack_of_more_runs_takes_longer(
    plan: Callable[..., Plan], timed: list[dict[str, Any]]
) -> None:
    """5 runs of a program in packs of 3 and 2: the first is timed."""
    first, second, *_ = plan().packs
    odd = replace(second, pack_id="odd", runs=second.runs[:2])
    costs = measure_plan(replace(plan(), packs=(first, odd)))
    assert costs["packs"]["odd"] == pytest.approx(2 / 3 * costs["packs"][first.pack_id])


def test_images_a_second_are_data_that_all_runs_see(
    plan: Callable[..., Plan], timed: list[dict[str, Any]]
) -> None:
    """Of images alone."""
    (first, _) = measure_plan(plan("digits"))["programs"]
    assert first["n_runs"] == 3
    assert first["images_per_second"] == 3 * SEEN / ROUND
    (first, _) = measure_plan(plan("ring"))["programs"]
    assert first["images_per_second"] is None


@pytest.mark.parametrize(
    ("resources", "device", "share"),
    [
        ("cpus_per_pack: 1", "cpu", 1),
        ("cpus_per_pack: 4", "cpu", 4),
        ("gpus_per_pack: 1", "Big GPU", 1),
        ("gpus_per_pack: 0.25, cpus_per_pack: 4", "Big GPU", 0.25),
    ],
)
def test_work_is_counted_in_hours_of_gpus_or_of_cores(
    resources: str,
    device: str,
    share: float,
    plan: Callable[..., Plan],
    timed: list[dict[str, Any]],
) -> None:
    """As much of them as a pack takes."""
    costs = measure_plan(plan(resources=resources), str)
    assert costs["device"] == device
    assert costs["unit_hours"] == pytest.approx(share * costs["work_seconds"] / 3600)


def printed(plan: Plan, measured: dict[str, Any] | None = None) -> str:
    """What `vistab plan` prints."""
    console = Console(width=100, file=io.StringIO())
    described = summary(plan) | ({"measured": measured} if measured else {})
    print_plan(console, plan, described)
    return console.file.getvalue()  # type: ignore[attr-defined]


COSTS = {"seconds": 11 * 86_400, "unit_hours": 264.2, "workers": 1, "device": "Big GPU"}


@pytest.mark.parametrize(
    ("resources", "costs", "words"),
    [
        (
            "gpus_per_pack: 1",
            COSTS,
            "Measured: about 11 days on 1 GPU (Big GPU), 264 GPU-hours of work; "
            "snapshots and evidence included, start-up not counted.",
        ),
        (
            "gpus_per_pack: 0.25",
            COSTS | {"workers": 6},
            "on 2 GPUs (Big GPU), 264 GPU-hours of work; snapshots and evidence included, "
            "start-up not counted; packs that share a GPU were timed alone.",
        ),
        (
            "cpus_per_pack: 2",
            COSTS | {"workers": 2, "seconds": 7500, "unit_hours": 4.25},
            "about 2 h 5 min on 2 workers, 4.2 core-hours of work; ",
        ),
        (
            "cpus_per_pack: 2",
            COSTS | {"seconds": 15, "unit_hours": 30 / 3600},
            "about 15 s on 1 worker, 30 s of work for one core; ",
        ),
    ],
)
def test_what_was_measured_is_said_in_a_line(
    resources: str, costs: dict[str, Any], words: str, plan: Callable[..., Plan]
) -> None:
    assert words in printed(plan(resources=resources), costs)


def test_a_plan_says_what_disk_it_takes(plan: Callable[..., Plan]) -> None:
    """In words, and in bytes with --json."""
    made = plan()
    taken = summary(made)["disk"]
    assert taken["running_bytes"] > 2 * taken["kept_bytes"] > 0
    line = next(line for line in printed(made).splitlines() if line.startswith("Disk"))
    assert line == (
        f"Disk: about {taken['running_bytes'] / 1e6:.1f} MB while it runs, "
        f"{taken['kept_bytes'] / 1e3:.1f} kB kept."
    )


ROOM = "and a pack may use 0.0008 GiB: raise resources."


@pytest.mark.parametrize(
    ("resources", "runs", "said"),
    [
        ("gpus_per_pack: 1, pack: 4", 3, ROOM + "gpu_memory, or train fewer runs in a pack"),
        ("gpus_per_pack: 1, pack: auto", 1, ROOM + "gpu_memory"),
        (
            "gpus_per_pack: 0.5, pack: 1",
            1,
            ROOM.replace("8", "4") + "gpus_per_pack or gpu_memory",
        ),
    ],
)
def test_a_pack_that_does_not_fit_is_told(
    resources: str, runs: int, said: str, write: Callable[[str], Path]
) -> None:
    """Packs of the size asked for, or of single runs; what they need, and what to do."""
    study = STUDY.replace("pack: 4, %s", f"gpu_memory: 0.001, {resources}") % "digits"
    made = make_plan(load_study(write(study)))
    needed = run_memory(made.arms[0].settings)
    assert needed is not None
    (warning,) = summary(made)["warnings"]
    what = "one run" if runs == 1 else "a pack of 3 runs"
    assert warning == f"{what} needs about {runs * needed / GIB:.3g} GiB, {said}"


def test_a_pack_that_fits_is_not_warned_of(plan: Callable[..., Plan]) -> None:
    assert summary(plan(resources="gpus_per_pack: 1"))["warnings"] == []
    assert summary(plan(resources="gpu_memory: 0.000001"))["warnings"] == []
