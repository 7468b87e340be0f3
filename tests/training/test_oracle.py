from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from vistab.training.loop import play_round
from vistab.training.state import Training, begin

RUNS = [
    (0, {"weight": 0.0, "optimizer": {"learning_rate": 1e-3}}),
    (0, {"weight": 5.0, "optimizer": {"learning_rate": 2e-3, "generator_scale": 0.25}}),
    (3, {"weight": 20.0, "optimizer": {"learning_rate": 4e-3, "betas": (0.9, 0.99)}}),
]
OPTIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "minimax": {"loss": "minimax"},
    "two_generator_steps": {"generator_steps": 2},
    "previous_phase": {"anchor": "previous_phase"},
    "previous_phase_two_steps": {"anchor": "previous_phase", "generator_steps": 2},
    "five_discriminator_steps": {"discriminator_steps": 5},
    "batches_and_steps": {"generator_batches": 3, "generator_steps": 2},
    "batch_norm": {"batch_norm": True, "generator_steps": 2},
    "batch_norm_batches_previous": {
        "batch_norm": True,
        "generator_batches": 2,
        "generator_steps": 2,
        "anchor": "previous_phase",
    },
    "odd_sizes": {"batch_size": 13, "width": 7, "generator_steps": 2},
}


def row(training: Training, network: str, k: int) -> dict[str, np.ndarray]:
    """Parameters and buffers of run k."""
    stack = training.stacks[network]
    return {name: value[k].numpy().copy() for name, value in {**stack.views, **stack.buffers}.items()}


def plain_state(module: torch.nn.Module) -> list[np.ndarray]:
    """Parameters, then running averages, of a plain module, in the order of the layers."""
    buffers = [b for name, b in module.named_buffers() if "num_batches" not in name]
    return [p.detach().numpy() for p in (*module.parameters(), *buffers)]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_pack_does_what_the_plain_torch_loop_does(
    options: dict[str, Any], make_pack: Any, plain: ModuleType
) -> None:
    """All networks, losses and distances of every run, over the first rounds."""
    pack = make_pack(RUNS, **options)
    training = begin(pack)
    oracles = [plain.train_plain(r.arm.settings, pack.seed, r.replicate) for r in pack.runs]
    for number in range(1, 5):
        columns = play_round(training, number, observe=True)
        for k, oracle in enumerate(oracles):
            expected = next(oracle)
            for network in ("generator", "discriminator"):
                wanted = plain_state(getattr(expected, network))
                for own, other in zip(row(training, network, k).values(), wanted, strict=True):
                    np.testing.assert_allclose(own, other, rtol=1e-4, atol=2e-5)
            for name in ("discriminator_loss", "generator_loss", "regularizer", "displacement"):
                np.testing.assert_allclose(
                    columns[name][k].item(), getattr(expected, name), rtol=1e-3, atol=1e-5
                )


def test_gradient_descent_agrees_too(make_pack: Any, plain: ModuleType) -> None:
    """The sgd optimiser, with its own rates."""
    runs = [(1, {"weight": 5.0, "optimizer": {"kind": "sgd", "learning_rate": 0.1}})]
    pack = make_pack(runs, generator_steps=2)
    training = begin(pack)
    oracle = plain.train_plain(pack.runs[0].arm.settings, pack.seed, 1)
    for number in range(1, 5):
        play_round(training, number, observe=False)
        expected = next(oracle)
    for own, other in zip(
        row(training, "generator", 0).values(), plain_state(expected.generator), strict=True
    ):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)
