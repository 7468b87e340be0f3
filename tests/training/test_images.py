"""Convolutional GANs on images: against plain torch, in packs, in inference mode, to the bit."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from vistab.families import dcgan
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import GanFamily, RegularizerSpec
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import DigitsTarget
from vistab.training import checkpoints, train_pack
from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples
from vistab.training.state import Training, begin


def settings(
    *, weight: float = 0.0, learning_rate: float = 1e-3, network: Any = None, **family: Any
) -> Settings:
    """A small DCGAN on the 8 x 8 digits; sgd, for Adam blows up what rounding left of a zero."""
    return Settings(
        target=DigitsTarget(kind="digits"),
        family=GanFamily(
            kind="gan",
            latent_dim=8,
            network={"kind": "dcgan", "width": 4, **(network or {})},
            regularizer=RegularizerSpec(weight=weight),
            **({"generator_steps": 2} | family),
        ),
        optimizer=OptimizerSpec(kind="sgd", learning_rate=learning_rate),
        budget=BudgetSpec(rounds=6, snapshots=3, batch_size=16, snapshot_samples=100),
    )


def pack_of(*rows: dict[str, Any], **shared: Any) -> Pack:
    """A pack of one replicate with these settings."""
    runs = [
        Run(f"r{k}", Arm(f"a{k}", None, {}, settings(**(shared | row))), 0)
        for k, row in enumerate(rows)
    ]
    return Pack("p", 0, tuple(runs))


def samples_after(training: Training, rounds: int) -> np.ndarray:
    for number in range(1, rounds + 1):
        play_round(training, number, observe=False)
    return draw_samples(training).numpy()


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_run_does_what_the_plain_torch_loop_does(batch_norm: bool, plain: ModuleType) -> None:
    """Weights of both networks and samples in inference mode, over the first rounds."""
    pack = pack_of({"weight": 5.0, "learning_rate": 0.05}, batch_norm=batch_norm)
    training, oracle = begin(pack), plain.train_plain(pack.runs[0].arm.settings, 0, 0)
    for number in range(1, 4):
        play_round(training, number, observe=False)
        expected = next(oracle)
        for name in ("generator", "discriminator"):
            wanted = [p.detach() for p in getattr(expected, name).parameters()]
            own = list(training.stacks[name].views.values())
            for one, other in zip(own, wanted, strict=True):
                torch.testing.assert_close(one[0], other, rtol=2e-3, atol=2e-6)
        with torch.no_grad():
            wanted_samples = expected.generator.eval()(training.watched["latents"][0])
        expected.generator.train()
        drawn = draw_samples(training)[0]
        torch.testing.assert_close(drawn, wanted_samples, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("batch_norm", [False, True])
def test_runs_in_company_do_what_they_do_alone(batch_norm: bool) -> None:
    """Grouped convolutions of a pack, and ungrouped ones of a run by itself."""
    rows = [{"weight": 0.0}, {"weight": 5.0}, {"learning_rate": 0.05}]
    together = samples_after(begin(pack_of(*rows, batch_norm=batch_norm)), 4)
    for k, row in enumerate(rows):
        alone = samples_after(begin(pack_of(row, batch_norm=batch_norm)), 4)
        np.testing.assert_allclose(together[k], alone[0], rtol=1e-3, atol=1e-5)


def test_samples_are_drawn_with_the_running_averages() -> None:
    """As the released code draws its pictures: not with the statistics of what is drawn."""
    training = begin(pack_of({"learning_rate": 0.05}, batch_norm=True))
    found = samples_after(training, 4)[0]
    spec = pack_of({}, batch_norm=True).runs[0].arm.settings.family
    module = dcgan.generator(8, (1, 8, 8), spec.network, batch_norm=True)  # type: ignore[attr-defined]
    stack, latents = training.stacks["generator"], training.watched["latents"][0]
    numbers = {**stack.views, **stack.buffers}
    module.load_state_dict({name: value[0] for name, value in numbers.items()})
    averages = [one for name, one in stack.buffers.items() if name.endswith("running_mean")]
    assert all(one.abs().max() > 0 for one in averages)
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), module.eval()(latents))
        assert not torch.allclose(torch.from_numpy(found), module.train()(latents), atol=1e-3)
    before = {name: value.clone() for name, value in stack.buffers.items()}
    draw_samples(training)
    assert all(torch.equal(before[name], value) for name, value in stack.buffers.items())


@pytest.mark.parametrize("precision", ["float32", pytest.param("bfloat16", marks=pytest.mark.slow)])
def test_at_one_generator_step_the_weight_changes_no_bit(precision: str) -> None:
    """C0, for images too; at two steps it does."""
    shared = {"network": {"precision": precision}, "batch_norm": True}
    for steps, same in ((1, True), (2, False)):
        free, held = (
            samples_after(begin(pack_of({"weight": w}, generator_steps=steps, **shared)), 3)
            for w in (0.0, 5.0)
        )
        assert np.array_equal(free, held) == same


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assert_same_record: Any
) -> None:
    """From a checkpoint between two snapshots: averages of batch norm are part of it."""
    pack = pack_of({"weight": 5.0}, batch_norm=True)
    undisturbed = train_pack(pack, tmp_path / "undisturbed")
    save = checkpoints.save

    def die(directory: Path, training: Training, *rest: Any) -> None:
        save(directory, training, *rest)
        if training.round == 3:
            raise Killed

    monkeypatch.setattr(checkpoints, "save", die)
    with pytest.raises(Killed):
        train_pack(pack, tmp_path / "killed", checkpoint_seconds=0.0)
    assert_same_record(train_pack(pack, tmp_path / "killed"), undisturbed)


@pytest.mark.slow
def test_compiled_programs_compute_the_same() -> None:
    """torch.compile fuses operations, which rounds otherwise and no more."""
    pack = pack_of({"weight": 5.0}, batch_norm=True)
    plain, compiled = (samples_after(begin(pack, compiled=c), 3) for c in (False, True))
    np.testing.assert_allclose(compiled, plain, rtol=1e-3, atol=1e-5)
