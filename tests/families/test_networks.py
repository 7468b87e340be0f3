from __future__ import annotations

import pytest
import torch
from torch import nn

from vistab.families.networks import BatchNorm, Linear, discriminator, generator


def kinds(module: nn.Module) -> list[str]:
    """The layers by name."""
    return [type(layer).__name__ for layer in module.children()]


def test_the_generator_has_batch_norm_on_every_hidden_layer() -> None:
    """ReLU after it."""
    assert kinds(generator(4, 2, width=8, depth=2, batch_norm=True)) == [
        *["Linear", "BatchNorm", "ReLU"] * 2,
        "Linear",
    ]


def test_the_discriminator_has_batch_norm_on_all_but_the_first_hidden_layer() -> None:
    """Leaky ReLU of slope 0.2 after it."""
    made = discriminator(2, width=8, depth=2, batch_norm=True)
    assert kinds(made) == ["Linear", "LeakyReLU", "Linear", "BatchNorm", "LeakyReLU", "Linear"]
    assert {
        layer.negative_slope for layer in made.children() if hasattr(layer, "negative_slope")
    } == {0.2}


@pytest.mark.parametrize("batch_norm", [False, True])
def test_networks_are_ordinary_modules_for_one_run(batch_norm: bool) -> None:
    """They take [batch, features] and learn with plain autograd."""
    network = generator(4, 3, width=8, depth=2, batch_norm=batch_norm)
    output = network(torch.randn(5, 4))
    output.square().sum().backward()
    assert output.shape == (5, 3)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_batch_norm_is_that_of_torch() -> None:
    """Outputs, gradients and running averages, in both modes."""
    own, torchs = BatchNorm(5).double(), nn.BatchNorm1d(5).double()
    with torch.no_grad():
        own.weight.copy_(torch.rand(5))
        own.bias.copy_(torch.rand(5))
        torchs.weight.copy_(own.weight)
        torchs.bias.copy_(own.bias)
    for _ in range(3):
        x = (3 + 2 * torch.randn(7, 5, dtype=torch.double)).requires_grad_()
        pulled = torch.randn(7, 5, dtype=torch.double)
        found, expected = (
            torch.autograd.grad((layer(x) * pulled).sum(), [x, layer.weight, layer.bias])
            for layer in (own, torchs)
        )
        torch.testing.assert_close(found, expected)
    torch.testing.assert_close(own.running_mean, torchs.running_mean)
    torch.testing.assert_close(own.running_var, torchs.running_var)
    torch.testing.assert_close(own.eval()(x), torchs.eval()(x))


def test_linear_draws_the_weights_that_torch_draws() -> None:
    """So that a plain loop starts from the same networks."""
    torch.manual_seed(0)
    own = Linear(3, 4)
    torch.manual_seed(0)
    torchs = nn.Linear(3, 4)
    assert torch.equal(own.weight, torchs.weight)
    torch.testing.assert_close(own(torch.ones(2, 3)), torchs(torch.ones(2, 3)))
