"""Spectral norm as torch has it, old and new, in packs: what one run alone computes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vistab.families.networks import Linear
from vistab.training.pack import Stack, bind, over_runs
from vistab.training.program import Programs

Make = Callable[[], nn.Module]
NORMS = [nn.utils.parametrizations.spectral_norm, nn.utils.spectral_norm]


def rows(*layers: nn.Module) -> nn.Module:
    """A network of rows [batch, 32]."""
    return nn.Sequential(*layers)


def dense(norm: Callable[[Any], nn.Module]) -> nn.Module:
    return rows(norm(Linear(32, 7)), nn.LeakyReLU(0.2), norm(nn.Linear(7, 1)))


def convolutional(norm: Callable[[Any], nn.Module]) -> nn.Module:
    return rows(
        nn.Unflatten(1, (2, 4, 4)),
        norm(nn.Conv2d(2, 3, 3)),
        nn.LeakyReLU(0.2),
        norm(nn.ConvTranspose2d(3, 2, 2)),
        nn.Flatten(),
    )


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.filterwarnings("ignore:`torch.nn.utils.spectral_norm` is deprecated")
@pytest.mark.parametrize("make", [dense, convolutional])
@pytest.mark.parametrize("norm", NORMS, ids=["parametrisation", "hook"])
@pytest.mark.parametrize("runs", [1, 3])
def test_it_computes_in_a_pack_what_it_computes_alone(
    runs: int, norm: Callable[[Any], nn.Module], make: Callable[..., nn.Module]
) -> None:
    """Outputs, gradients and the vectors of the power iteration, over steps in which it moves."""
    torch.manual_seed(0)
    plain = [make(norm) for _ in range(runs)]
    with torch.no_grad():
        for one in plain:  # far from where the power iteration has settled
            for parameter in one.parameters():
                parameter.add_(torch.randn_like(parameter))
    stack = Stack.of(deepcopy(plain), torch.arange(runs))
    x, programs = torch.randn(runs, 6, 32), Programs()

    def with_gradients(state: Any, inputs: Tensor) -> Any:
        leaves = {name: value.detach().requires_grad_() for name, value in state[0].items()}

        def one(own: Any, batch: Tensor) -> Tensor:
            return bind({"net": stack.module}, {"net": own})["net"](batch).square().mean()

        losses = over_runs(one, runs)((leaves, state[1]), inputs)
        gradients = torch.autograd.grad(losses.sum(), list(leaves.values()))
        return losses.detach(), dict(zip(leaves, gradients, strict=True))

    for _ in range(3):
        losses, gradients = programs.run("step", with_gradients, (stack.views, stack.buffers), x)
        for k, module in enumerate(plain):
            module.zero_grad()
            loss = module(x[k]).square().mean()
            loss.backward()
            torch.testing.assert_close(losses[k], loss.detach())
            for name, parameter in module.named_parameters():
                torch.testing.assert_close(gradients[name][k], parameter.grad, rtol=1e-4, atol=1e-5)
            for name, buffer in module.named_buffers():
                torch.testing.assert_close(stack.buffers[name][k], buffer)


def test_in_inference_mode_nothing_is_iterated() -> None:
    """So that a snapshot leaves no trace."""
    torch.manual_seed(0)
    stack = Stack.of([dense(NORMS[0])], torch.zeros(2, dtype=torch.long))
    for value in stack.views.values():
        value.add_(torch.randn_like(value))
    before = {name: buffer.clone() for name, buffer in stack.buffers.items()}

    def one(own: Any, batch: Tensor) -> Tensor:
        result: Tensor = bind({"net": stack.module}, {"net": own})["net"](batch)
        return result

    for training in (False, True):
        stack.module.train(training)
        states = (stack.views, stack.buffers)
        Programs().run("shown", over_runs(one, 2), states, torch.randn(2, 6, 32))
        moved = [not torch.equal(before[name], stack.buffers[name]) for name in before]
        assert any(moved) == training
