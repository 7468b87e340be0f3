"""What the families share: the terms that the KL between two joints falls into.

p(x,z) = p~(x) p(z|x) has the data as its x-marginal, q(x,z) = q(x|z) q(z) is the model, and
KL(p(x,z)||q(x,z)) = KL(p~(x)||q(x)) + E_{p~} KL(p(z|x)||q(z|x)) (E1): driving the left side to 0
drives the model to the data (E2). A family chooses p(z|x), q(x|z), the direction of the KL and the
order of alternating minimisation; what it must compute is then made of the functions below.

Everything is written for one run: x [batch, d], z [batch, latent_dim], q(z) = N(0, I).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from vistab.families.base import Outputs
from vistab.families.stacking import softplus

LOG_TWO_PI = math.log(2 * math.pi)


class Gaussian(NamedTuple):
    """A diagonal Gaussian for each row: mean and log of the standard deviation.

    mean [batch, n]; log_scale broadcasts to it.
    """

    mean: Tensor
    log_scale: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """The sample that standard normal `noise` [batch, n] stands for (reparametrisation)."""
        return self.mean + self.log_scale.exp() * noise

    def log_density(self, x: Tensor) -> Tensor:
        """Log density at x [batch, n], in nats: [batch]."""
        standard = (x - self.mean) * (-self.log_scale).exp()
        return -(standard.square() / 2 + self.log_scale + LOG_TWO_PI / 2).sum(-1)

    def kl_to_prior(self) -> Tensor:
        """KL to N(0, I) by latent dimension, in nats: [batch, n] (second term of E4)."""
        square = self.mean.square() + (2 * self.log_scale).exp()
        return (square - 1) / 2 - self.log_scale

    def kl_to(self, other: Gaussian) -> Tensor:
        """KL to another diagonal Gaussian by dimension, in nats: [batch, n]."""
        log_ratio = self.log_scale - other.log_scale
        shift = (self.mean - other.mean) * (-other.log_scale).exp()
        return ((2 * log_ratio).exp() + shift.square() - 1) / 2 - log_ratio


def tell_apart(on_first: Tensor, on_second: Tensor) -> Tensor:
    """E6, E12, E15: -E log D - E log(1 - D), from the logits of D on either joint, the first y = 1.

    Its minimiser is D* = first / (first + second) (E7), the log density ratio of the joints.
    """
    return softplus(-on_first).mean() + softplus(on_second).mean()


def pass_for_first(on_second: Tensor) -> Tensor:
    """-E log D: what the second side minimises to be taken for the first (E8, E13, E17)."""
    return softplus(-on_second).mean()


def pass_for_second(on_first: Tensor) -> Tensor:
    """-E log(1 - D): the same for the first side, to be taken for the second (E19)."""
    return softplus(on_first).mean()


def incremental(outputs: Mapping[str, Tensor], anchor: Outputs) -> Tensor:
    """E10: mean over the batch and features of the squared distance to the anchor's outputs.

    Without an anchor the networks have not moved: the distance, and its gradient, are exactly 0.
    """
    squares = [(x - anchor.get(name, x.detach())).square().mean() for name, x in outputs.items()]
    return torch.stack(squares).sum() if len(squares) > 1 else squares[0]


def adversarial_evidence(on_first: Tensor, on_second: Tensor, loss: Tensor) -> dict[str, Tensor]:
    """What a discriminator phase keeps: its loss, and the accuracy of D on either side."""
    return {
        "discriminator_loss": loss.detach(),
        "accuracy_real": (on_first.detach() > 0).float().mean(),
        "accuracy_fake": (on_second.detach() < 0).float().mean(),
    }
