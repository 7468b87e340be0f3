"""Which families may be asked for: their spec models, and what they share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import NonNegativeFloat, PositiveInt

from vistab.spec.base import STACKS, Spec


class NetworkSpec(Spec):
    """A multilayer perceptron with `depth` hidden layers of `width` units, for each network."""

    kind: Literal["mlp"] = "mlp"
    width: PositiveInt = 64
    depth: PositiveInt = 2


class RegularizerSpec(Spec):
    """The incremental regularizer (E11): `weight` x MEAN squared error to the anchor generator.

    The mean is over the batch and the d features of x, so `weight` = d x lambda of E10.
    `phase_start` anchors at the generator as the phase begins; `previous_phase` one phase earlier.
    """

    weight: Annotated[NonNegativeFloat, STACKS] = 0.0
    anchor: Literal["phase_start", "previous_phase"] = "phase_start"


class FamilySpec(Spec):
    """Base of every family's spec model; users' families inherit from it too."""

    kind: str


class GanFamily(FamilySpec):
    """The GAN of E6 to E11. One round: a discriminator phase, then a generator phase."""

    kind: Literal["gan"]
    latent_dim: PositiveInt = 16
    network: NetworkSpec = NetworkSpec()
    batch_norm: bool = False
    loss: Literal["non_saturating", "minimax"] = "non_saturating"
    discriminator_steps: PositiveInt = 1
    generator_batches: PositiveInt = 1
    generator_steps: PositiveInt = 1
    regularizer: RegularizerSpec = RegularizerSpec()


FAMILIES: dict[str, type[FamilySpec]] = {"gan": GanFamily}
