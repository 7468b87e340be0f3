"""What only a GPU can show: device, one copy of the data, bfloat16, compiling, resuming, memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import GanFamily, RegularizerSpec
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import DigitsTarget
from vistab.targets import make_target
from vistab.training import checkpoints, resident, train_pack
from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples
from vistab.training.state import Training, begin

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def pack_of(*weights: float, width: int = 8, precision: str = "float32", **family: Any) -> Pack:
    """A pack of small DCGANs on digits."""
    settings = [
        Settings(
            target=DigitsTarget(kind="digits"),
            family=GanFamily(
                kind="gan",
                latent_dim=8,
                network={"kind": "dcgan", "width": width, "precision": precision},
                batch_norm=True,
                regularizer=RegularizerSpec(weight=weight),
                **({"generator_steps": 2} | family),
            ),
            optimizer=OptimizerSpec(kind="sgd", learning_rate=0.01),
            budget=BudgetSpec(rounds=6, snapshots=3, batch_size=16, snapshot_samples=100),
        )
        for weight in weights
    ]
    runs = [Run(f"r{k}", Arm(f"a{k}", None, {}, one), 0) for k, one in enumerate(settings)]
    return Pack("p", 0, tuple(runs))


def played(pack: Pack, device: str, rounds: int = 3, *, compiled: bool = False) -> Training:
    training = begin(pack, device, compiled=compiled)
    for number in range(1, rounds + 1):
        play_round(training, number, observe=False)
    return training


def samples(training: Training) -> np.ndarray:
    return draw_samples(training).cpu().numpy()


@pytest.mark.parametrize("weights", [(5.0,), (0.0, 5.0, 20.0)], ids=["alone", "in company"])
def test_a_gpu_trains_what_a_cpu_trains(weights: tuple[float, ...]) -> None:
    """The same draws and rules, other instructions: near over the first rounds."""
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        found = samples(played(pack_of(*weights), "cuda"))
    np.testing.assert_allclose(
        found, samples(played(pack_of(*weights), "cpu")), rtol=1e-2, atol=1e-3
    )


def test_all_of_a_run_is_on_the_gpu_and_its_data_are_copied_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[int] = []
    make = resident.resident

    def counted(*arguments: Any) -> Any:
        copied.append(1)
        return make(*arguments)

    monkeypatch.setattr(resident, "resident", counted)
    training = played(pack_of(5.0), "cuda", 4)
    assert len(copied) == 1
    stacks = training.stacks.values()
    held = [stack.parameters for stack in stacks] + list(training.watched.values())
    assert {one.device.type for one in held} == {"cuda"}
    drawn = training.samplers["data"](np.random.default_rng(0))
    assert torch.as_tensor(drawn).is_cuda
    expected = make_target(DigitsTarget(kind="digits")).sample(16, np.random.default_rng(0))
    np.testing.assert_array_equal(torch.as_tensor(drawn).cpu().numpy(), expected)


def test_the_same_device_gives_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, and after a kill between two snapshots."""
    pack = pack_of(5.0)
    first = train_pack(pack, tmp_path / "first", device="cuda")
    save = checkpoints.save

    def die(directory: Path, training: Training, *rest: Any) -> None:
        save(directory, training, *rest)
        if training.round == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", die)
    with pytest.raises(KeyboardInterrupt):
        train_pack(pack, tmp_path / "killed", device="cuda", checkpoint_seconds=0.0)
    monkeypatch.undo()
    second = train_pack(pack, tmp_path / "killed", device="cuda")
    for name, values in first.samples.items():
        np.testing.assert_array_equal(values, second.samples[name])
    assert first.runs["device"].item() == "cuda"


def test_at_one_generator_step_the_weight_changes_no_bit() -> None:
    """C0 on a GPU, each run in a pack of its own."""
    free, held = (train_samples(pack_of(weight, generator_steps=1)) for weight in (0.0, 5.0))
    np.testing.assert_array_equal(free, held)


def train_samples(pack: Pack) -> np.ndarray:
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        return samples(played(pack, "cuda"))


def test_bfloat16_is_near_and_keeps_float32_weights() -> None:
    exact, coarse = (played(pack_of(5.0, precision=p), "cuda") for p in ("float32", "bfloat16"))
    assert {stack.parameters.dtype for stack in coarse.stacks.values()} == {torch.float32}
    assert not np.array_equal(samples(exact), samples(coarse))
    np.testing.assert_allclose(samples(coarse), samples(exact), rtol=0.2, atol=0.05)


def test_compiled_programs_compute_the_same() -> None:
    plain, fused = (samples(played(pack_of(5.0), "cuda", compiled=c)) for c in (False, True))
    np.testing.assert_allclose(fused, plain, rtol=1e-2, atol=1e-3)
