"""The networks that families share: ordinary modules for one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def _all_stacked(
    runs: int, dims: Sequence[int | None], inputs: Sequence[Tensor]
) -> Iterator[Tensor]:
    """Inputs of a vmap rule with the runs leading; what all runs share is expanded."""
    for one, dim in zip(inputs, dims, strict=False):
        if dim is None:
            yield one.expand(runs, *one.shape)
        else:
            yield one if dim == 0 else one.movedim(dim, 0)


class _Affine(torch.autograd.Function):
    """x [batch, i], weight [o, i], bias [o] -> x weight^T + bias, in one call when stacked.

    Left alone, vmap takes addmm apart into a product and a sum that walks over memory once more.
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.addmm(bias, x, weight.T)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return gradient @ weight, gradient.T @ x, gradient.sum(0)

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], *inputs: Tensor
    ) -> tuple[Tensor, int]:
        x, weight, bias = _all_stacked(info.batch_size, in_dims, inputs)
        return torch.baddbmm(bias[:, None], x, weight.mT), 0


class Linear(nn.Linear):
    """nn.Linear for x [batch, inputs], fast when stacked."""

    def forward(self, x: Tensor) -> Tensor:
        """X times the transposed weight, plus the bias: [batch, outputs]."""
        result: Tensor = _Affine.apply(x, self.weight, self.bias)
        return result


class _Normalise(torch.autograd.Function):
    """x [..., batch, width] normalised over the batch, then scaled by weight, shifted by bias.

    Gives (y, centred x, 1 / standard deviation, mean, biased variance); only y has a gradient:
    with c = centred x, s = 1 / standard deviation, g = dL/dy,
    dL/dx = weight s (g - mean(g) - c s^2 mean(g c)). Half the passes over memory of autograd's own.
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
        mean = x.mean(-2, keepdim=True)
        centred = x - mean
        variance = centred.square().mean(-2, keepdim=True)
        inverse = (variance + eps).rsqrt()
        y = torch.addcmul(bias.unsqueeze(-2), centred, weight.unsqueeze(-2) * inverse)
        return y, centred, inverse, mean.squeeze(-2), variance.squeeze(-2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*output[1:3], inputs[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *unused: Tensor) -> tuple[Tensor | None, ...]:
        centred, inverse, weight = ctx.saved_tensors
        mean = gradient.mean(-2, keepdim=True)
        with_x = (gradient * centred).mean(-2, keepdim=True)
        to_x = torch.addcmul(gradient - mean, centred, with_x * inverse.square(), value=-1)
        to_x.mul_(weight.unsqueeze(-2) * inverse)
        batch = gradient.shape[-2]
        to_weight, to_bias = batch * (with_x * inverse).squeeze(-2), batch * mean.squeeze(-2)
        return to_x, to_weight, to_bias, None

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], *inputs: Any
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        x, weight, bias = _all_stacked(info.batch_size, in_dims, inputs[:3])
        return _Normalise.apply(x, weight, bias, inputs[3]), (0,) * 5


class BatchNorm(nn.Module):
    """Batch norm over the rows of x [batch, width], the same numbers as nn.BatchNorm1d.

    As there, the biased variance normalises and the unbiased one enters the running average.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, width: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x [batch, width]; in training mode by the batch, and update the averages."""
        if not self.training:
            scale = self.weight * (self.running_var + self.eps).rsqrt()
            return x * scale + (self.bias - self.running_mean * scale)
        y, _, _, mean, variance = _Normalise.apply(x, self.weight, self.bias, self.eps)
        unbiased = variance * (len(x) / max(len(x) - 1, 1))
        self.running_mean.mul_(1 - self.momentum).add_(mean * self.momentum)
        self.running_var.mul_(1 - self.momentum).add_(unbiased * self.momentum)
        result: Tensor = y
        return result


def mlp(
    inputs: int,
    outputs: int,
    *,
    width: int,
    depth: int,
    activation: Callable[[], nn.Module],
    normalised: Callable[[int], bool],
) -> nn.Sequential:
    """A multilayer perceptron; `normalised(i)` says whether hidden layer i has batch norm."""
    layers: list[nn.Module] = []
    for layer in range(depth):
        layers.append(Linear(width if layer else inputs, width))
        if normalised(layer):
            layers.append(BatchNorm(width))
        layers.append(activation())
    return nn.Sequential(*layers, Linear(width, outputs))


def generator(
    latent_dim: int, dimension: int, *, width: int, depth: int, batch_norm: bool
) -> nn.Module:
    """z [batch, latent_dim] -> x [batch, dimension]; ReLU, batch norm on every hidden layer."""
    return mlp(
        latent_dim,
        dimension,
        width=width,
        depth=depth,
        activation=lambda: nn.ReLU(inplace=True),
        normalised=lambda layer: batch_norm,
    )


def discriminator(dimension: int, *, width: int, depth: int, batch_norm: bool) -> nn.Module:
    """x [batch, dimension] -> logit of D(x) [batch, 1]; leaky ReLU 0.2.

    Batch norm on every hidden layer but the first (DCGAN, and the paper's released code).
    """
    return mlp(
        dimension,
        1,
        width=width,
        depth=depth,
        activation=lambda: nn.LeakyReLU(0.2, inplace=True),
        normalised=lambda layer: batch_norm and layer > 0,
    )
