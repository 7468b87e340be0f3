from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from vistab.families.gan import GAN, discriminator_loss, generator_loss
from vistab.spec.families import GanFamily

X = torch.tensor([[0.5], [1.0]])
Z = torch.tensor([[0.0], [2.0]])
NETWORKS = {"generator": lambda z: 2 * z, "discriminator": lambda x: x - 1}
"""G(z) = 2 z and logit of D(x) = x - 1, so that the losses can be worked out by hand."""


def log_d(x: float) -> float:
    return -math.log1p(math.exp(-(x - 1)))


def log_not_d(x: float) -> float:
    return -math.log1p(math.exp(x - 1))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_discriminators_loss_is_e6(batch_norm: bool) -> None:
    """-E log D(x) - E log(1 - D(G(z))), and how many of each it gets right."""
    step = discriminator_loss(NETWORKS, {"data": X, "latents": Z}, {}, {}, batch_norm=batch_norm)
    expected = -(log_d(0.5) + log_d(1.0)) / 2 - (log_not_d(0.0) + log_not_d(4.0)) / 2
    assert step.loss.item() == pytest.approx(expected, rel=1e-6)
    assert step.evidence["accuracy_real"].item() == 0.0
    assert step.evidence["accuracy_fake"].item() == 0.5
    assert step.outputs == {}


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("non_saturating", -(log_d(0.0) + log_d(4.0)) / 2),
        ("minimax", (log_not_d(0.0) + log_not_d(4.0)) / 2),
    ],
)
def test_the_generators_loss_is_e11(loss: str, expected: float) -> None:
    """The adversarial term plus weight x the MEAN of squares over batch and features."""
    numbers, anchor = (
        {"regularizer.weight": torch.tensor(3.0)},
        {"fake": torch.tensor([[1.0], [4.0]])},
    )
    step = generator_loss(NETWORKS, {"latents": Z}, anchor, numbers, loss=loss)
    assert step.evidence["regularizer"].item() == pytest.approx(3.0 * (1.0 + 0.0) / 2)
    assert step.loss.item() == pytest.approx(expected + 1.5, rel=1e-6)


def test_without_an_anchor_the_term_and_its_gradient_are_exactly_zero() -> None:
    """C0 for one run: nothing is left of any weight."""
    z = Z.clone().requires_grad_()
    found = []
    for weight in (0.0, 1e6):
        step = generator_loss(
            NETWORKS,
            {"latents": z},
            {},
            {"regularizer.weight": torch.tensor(weight)},
            loss="minimax",
        )
        assert step.evidence["regularizer"].item() == 0.0
        found.append(torch.autograd.grad(step.loss, z)[0])
    assert torch.equal(*found)


def test_weight_times_mean_is_lambda_times_sum_over_features() -> None:
    """weight = d x lambda (E10)."""
    networks = {"generator": lambda z: z, "discriminator": lambda x: 0 * x[:, :1]}
    z, anchor = torch.randn(5, 3), torch.randn(5, 3)
    numbers = {"regularizer.weight": torch.tensor(6.0)}
    step = generator_loss(
        networks, {"latents": z}, {"fake": anchor}, numbers, loss="non_saturating"
    )
    by_sum = 6.0 / 3 * (z - anchor).square().sum(1).mean()
    assert step.evidence["regularizer"].item() == pytest.approx(by_sum.item())


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, [("discriminator", 1, 1), ("generator", 1, 1)]),
        (
            {"discriminator_steps": 5, "generator_batches": 5, "generator_steps": 2},
            [("discriminator", 5, 1), ("generator", 5, 2)],
        ),
    ],
)
def test_a_round_is_a_discriminator_phase_and_a_generator_phase(
    spec: dict[str, Any], expected: list[tuple[str, int, int]]
) -> None:
    """Fresh blocks for each discriminator step; the generator steps several times on a block."""
    phases = GAN.phases(GanFamily(kind="gan", **spec))
    assert [(phase.name, phase.batches, phase.steps) for phase in phases] == expected
