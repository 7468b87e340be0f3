from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples
from vistab.training.state import Training, begin

RUNS = [
    (0, {"weight": 0.0, "optimizer": {"learning_rate": 1e-3}}),
    (0, {"weight": 5.0, "optimizer": {"learning_rate": 2e-3, "generator_scale": 0.25}}),
    (3, {"weight": 20.0, "optimizer": {"learning_rate": 4e-3, "betas": (0.9, 0.99)}}),
]
DESCENDING = [
    (0, {"weight": 0.0, "optimizer": {"kind": "sgd", "learning_rate": 0.05}}),
    (3, {"weight": 5.0, "optimizer": {"kind": "sgd", "learning_rate": 0.1}}),
]
"""For batch norm: a bias before it has no gradient but rounding, which Adam would blow up."""
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


def weights(training: Training, network: str, k: int) -> list[np.ndarray]:
    """The weight matrices of run k."""
    views = training.stacks[network].views
    return [value[k].numpy() for value in views.values() if value.ndim == 3]


def plain_weights(module: torch.nn.Module) -> list[np.ndarray]:
    """The weight matrices of a plain module."""
    return [value.detach().numpy() for value in module.parameters() if value.ndim == 2]


def plain_samples(generator: torch.nn.Module, latents: torch.Tensor) -> np.ndarray:
    """Samples in inference mode: every bias and running average counts."""
    with torch.no_grad():
        samples = generator.eval()(latents).numpy()
    generator.train()
    return samples


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_pack_does_what_the_plain_torch_loop_does(
    options: dict[str, Any], make_pack: Any, plain: ModuleType
) -> None:
    """All networks, losses and distances of every run, over the first rounds."""
    pack = make_pack(DESCENDING if options.get("batch_norm") else RUNS, **options)
    training = begin(pack)
    oracles = [plain.train_plain(r.arm.settings, pack.seed, r.replicate) for r in pack.runs]
    for number in range(1, 5):
        columns = play_round(training, number, observe=True)
        for k, oracle in enumerate(oracles):
            expected = next(oracle)
            for network in ("generator", "discriminator"):
                wanted = plain_weights(getattr(expected, network))
                for own, other in zip(weights(training, network, k), wanted, strict=True):
                    np.testing.assert_allclose(own, other, rtol=1e-3, atol=2e-5)
            for name in ("discriminator_loss", "generator_loss", "regularizer", "displacement"):
                np.testing.assert_allclose(
                    columns[name][k].item(), getattr(expected, name), rtol=1e-3, atol=1e-5
                )
            np.testing.assert_allclose(
                draw_samples(training)[k].numpy(),
                plain_samples(expected.generator, training.watched["latents"][k]),
                rtol=1e-3,
                atol=1e-4,
            )


def test_gradient_descent_agrees_too(make_pack: Any, plain: ModuleType) -> None:
    """The sgd optimiser without batch norm, over more rounds."""
    runs = [(1, {"weight": 5.0, "optimizer": {"kind": "sgd", "learning_rate": 0.1}})]
    pack = make_pack(runs, generator_steps=2)
    training = begin(pack)
    oracle = plain.train_plain(pack.runs[0].arm.settings, pack.seed, 1)
    for number in range(1, 9):
        play_round(training, number, observe=False)
        expected = next(oracle)
    samples = plain_samples(expected.generator, training.watched["latents"][0])
    np.testing.assert_allclose(draw_samples(training)[0].numpy(), samples, rtol=1e-4, atol=1e-5)
