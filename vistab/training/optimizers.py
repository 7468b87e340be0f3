"""Stacked optimisers: one step of K runs at once, each with its own rate and betas.

The same numbers as torch.optim.Adam (eps 1e-8, no weight decay) and torch.optim.SGD (no momentum).
All tensors are [K, P], rates and betas [K, 1]; parameters and moments change in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Rates:
    """Per-run numbers of the optimiser, [K, 1] each."""

    learning_rate: Tensor
    beta1: Tensor
    beta2: Tensor


@dataclass(frozen=True)
class Moments:
    """Running first and second moments of the gradient, [K, P] each."""

    first: Tensor
    second: Tensor


def adam(parameters: Tensor, gradient: Tensor, moments: Moments, step: int, rates: Rates) -> None:
    """Step number `step` (from 1) of Adam, in place."""
    moments.first.lerp_(gradient, 1 - rates.beta1)
    moments.second.lerp_(gradient.square(), 1 - rates.beta2)
    root = moments.second.sqrt().div_((1 - rates.beta2**step).sqrt()).add_(EPS)
    rate = rates.learning_rate / (1 - rates.beta1**step)
    parameters.sub_((moments.first * rate).div_(root))


def sgd(parameters: Tensor, gradient: Tensor, moments: Moments, step: int, rates: Rates) -> None:
    """One step of gradient descent, in place."""
    parameters.sub_(gradient * rates.learning_rate)


Optimizer = Callable[[Tensor, Tensor, Moments, int, Rates], None]
OPTIMIZERS: dict[str, Optimizer] = {"adam": adam, "sgd": sgd}
