"""What a run takes on a GPU by arithmetic, against what it takes when it is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from vistab.plan.memory import GIB, pack_memory, run_memory, shared_memory
from vistab.plan.model import Arm, Pack, Run
from vistab.plan.packs import pack_size
from vistab.spec.families import FAMILIES, FamilySpec
from vistab.spec.study import BudgetSpec, EvidenceSpec, OptimizerSpec, ResourcesSpec, Settings
from vistab.spec.targets import DigitsTarget
from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples, observe
from vistab.training.state import begin

TOLERANCE = 1.4
RUNS = 2
MEASURED: list[dict[str, Any]] = [
    {"kind": "em", "components": 20},
    {"kind": "gan", "network": {"width": 256, "depth": 3}, "batch_norm": True},
    {"kind": "gan", "network": {"kind": "dcgan", "width": 24}, "batch_norm": True},
    {"kind": "vae", "network": {"width": 256}},
    {"kind": "aae", "network": {"width": 256}},
    {"kind": "ali", "network": {"width": 256}, "extra_terms": True},
]


def settings(form: dict[str, Any] = MEASURED[1], **budget: int) -> Settings:
    """On the digits, with large batches or with large snapshots."""
    return Settings(
        target=DigitsTarget(kind="digits"),
        family=FAMILIES[form["kind"]].model_validate(form),
        optimizer=OptimizerSpec(),
        budget=BudgetSpec(rounds=10, **({"snapshot_samples": 100} | budget)),
    )


def train_a_little(of: Settings, device: str) -> None:
    """Two rounds and two snapshots of a small pack: programs are traced in the first ones."""
    arm = Arm("a", None, {}, of)
    training = begin(Pack("p", 0, tuple(Run(f"r{k}", arm, k) for k in range(RUNS))), device)
    for number in (1, 2):
        play_round(training, number, observe=True)
        draw_samples(training)
        observe(training)


def peak_on_the_cpu(train: Callable[[], None]) -> int:
    """The most bytes that torch held at once, by its profiler's record of all it took and gave."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        train()
    now = most = 0
    for event in profiled.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most


@pytest.mark.slow
@pytest.mark.parametrize("budget", [{"batch_size": 256}, {"snapshot_samples": 1000}], ids=str)
@pytest.mark.parametrize("form", MEASURED, ids=str)
def test_a_run_takes_what_it_is_said_to(form: dict[str, Any], budget: dict[str, int]) -> None:
    """Within a factor of 1.4 of the peak."""
    of = settings(form, **budget)
    needed, taken = run_memory(of), peak_on_the_cpu(lambda: train_a_little(of, "cpu")) / RUNS
    assert needed is not None
    assert taken / TOLERANCE < needed < taken * TOLERANCE


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("form", MEASURED, ids=str)
def test_a_run_takes_what_it_is_said_to_on_a_gpu(form: dict[str, Any]) -> None:
    of = settings(form, batch_size=512, snapshot_samples=2000)
    torch.cuda.reset_peak_memory_stats()
    train_a_little(of, "cuda")
    needed, taken = run_memory(of), torch.cuda.max_memory_allocated() / RUNS
    assert needed is not None
    assert taken / TOLERANCE < needed < taken * TOLERANCE


@pytest.mark.parametrize("name", ["batch_size", "snapshot_samples"])
def test_more_of_anything_never_takes_less(name: str) -> None:
    """Whichever of the two is larger counts."""
    sizes = [run_memory(settings(**{name: n})) for n in (100, 1000, 10_000, 20_000)]
    assert sizes == sorted(sizes)  # type: ignore[type-var]
    assert sizes[3] / sizes[2] == pytest.approx(2, rel=0.1)  # type: ignore[operator]


def test_of_a_family_of_ones_own_nothing_is_known() -> None:
    class Own(FamilySpec):
        pass

    own = settings().model_copy(update={"family": Own(kind="own:FAMILY")})
    assert run_memory(own) is None


def test_inception_takes_its_part_once_a_pack() -> None:
    """Whatever the runs; features of other kinds take none of the GPU."""
    for features, taken in (("pixels", False), ("classifier", False), ("inception", True)):
        asked = settings().model_copy(update={"evidence": EvidenceSpec(features=features)})
        assert (shared_memory(asked) > GIB) == taken
        needed = run_memory(asked)
        assert needed is not None
        assert pack_size(asked, "cuda", 3 * needed + shared_memory(asked)) == 3
    assert shared_memory(settings()) == 0


def test_a_pack_may_fill_most_of_its_share_of_one_gpu() -> None:
    """80 %; all of one GPU at most, since it trains on one; the CPU's memory is not limited."""
    assert pack_memory(ResourcesSpec(gpus_per_pack=1)) == pytest.approx(12.8 * GIB)
    assert pack_memory(ResourcesSpec(gpus_per_pack=0.25, gpu_memory=80)) == pytest.approx(16 * GIB)
    assert pack_memory(ResourcesSpec(gpus_per_pack=2)) == pack_memory(
        ResourcesSpec(gpus_per_pack=1)
    )
    assert pack_memory(ResourcesSpec()) == float("inf")
