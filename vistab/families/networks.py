"""The networks that families share: ordinary modules for one run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vistab.families.stacking import affine, normalise


class Linear(nn.Linear):
    """nn.Linear for x [batch, inputs], fast when stacked."""

    def forward(self, x: Tensor) -> Tensor:
        """X times the transposed weight, plus the bias: [batch, outputs]."""
        return affine(x, self.weight, self.bias)


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
        y, mean, variance = normalise(x, self.weight, self.bias, self.eps)
        unbiased = variance * (len(x) / max(len(x) - 1, 1))
        self.running_mean.mul_(1 - self.momentum).add_(mean * self.momentum)
        self.running_var.mul_(1 - self.momentum).add_(unbiased * self.momentum)
        return y


def mlp(
    inputs: int,
    outputs: int,
    *,
    width: int,
    depth: int,
    activation: Callable[[], nn.Module],
    normalised: Callable[[int], bool],
) -> nn.Sequential:
    """A multilayer perceptron; `normalised(i)` says whether hidden layer i has batch norm.

    Initial weights are keyed by names, so a layer's name does not depend on which others there are.
    """
    layers: dict[str, nn.Module] = {}
    for layer in range(depth):
        layers[f"hidden{layer}"] = Linear(width if layer else inputs, width)
        if normalised(layer):
            layers[f"norm{layer}"] = BatchNorm(width)
        layers[f"activation{layer}"] = activation()
    layers["output"] = Linear(width if depth else inputs, outputs)
    return nn.Sequential(OrderedDict(layers))


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


def encoder(dimension: int, outputs: int, *, width: int, depth: int) -> nn.Module:
    """x [batch, dimension] -> [batch, outputs], codes or what their density needs; ReLU."""
    return generator(dimension, outputs, width=width, depth=depth, batch_norm=False)


class WithScale(nn.Module):
    """A network for the mean of a Gaussian, beside a scale that its input does not change.

    scale [n], n = 1 or the number of features: positive standard deviations, where learning starts
    if `learned`, and kept otherwise.
    """

    log_scale: Tensor

    def __init__(self, mean: nn.Module, scale: Tensor, *, learned: bool) -> None:
        super().__init__()
        self.mean = mean
        if learned:
            self.log_scale = nn.Parameter(scale.log())
        else:
            self.register_buffer("log_scale", scale.log())

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The mean [batch, features] at z, and the log scale [n]."""
        return self.mean(z), self.log_scale


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
