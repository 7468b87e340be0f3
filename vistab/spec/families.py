"""Which families may be asked for: their spec models, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    Discriminator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Tag,
    model_validator,
)

from vistab.spec.base import STACKS, Spec
from vistab.spec.metrics import Metric
from vistab.spec.outcomes import SEEN_IN_SAMPLES, Outcome


class NetworkSpec(Spec):
    """A multilayer perceptron with `depth` hidden layers of `width` units, for each network.

    Depth 0 is a linear map.
    """

    kind: Literal["mlp"] = "mlp"
    width: PositiveInt = 64
    depth: NonNegativeInt = 2


KERNEL: Final = 5
"""The side of DCGAN's kernels."""

STAGES: Final = {8: 2, 16: 2, 28: 2, 32: 3, 64: 4, 128: 5}
"""How often DCGAN's networks halve an image, by its side in pixels: to 2, 4 or 7 pixels."""


class DcganSpec(Spec):
    """The convolutional networks of DCGAN for images of 8, 16, 28, 32, 64 or 128 pixels.

    `width` channels at the layer next to the image, twice as many at each one further in.
    Convolutions compute in `precision`; all else, and all that is kept, is float32.
    """

    kind: Literal["dcgan"]
    width: PositiveInt = 64
    precision: Literal["float32", "bfloat16"] = "float32"


def _network_kind(network: Any) -> str:
    """Which of the networks is meant: the multilayer perceptron, unless its kind is given."""
    is_raw = isinstance(network, Mapping)
    return str(network.get("kind", "mlp") if is_raw else getattr(network, "kind", "mlp"))


AnyNetwork = Annotated[
    Annotated[NetworkSpec, Tag("mlp")] | Annotated[DcganSpec, Tag("dcgan")],
    Discriminator(_network_kind),
]


class RegularizerSpec(Spec):
    """The incremental regularizer (E11, E13): `weight` x MEAN squared error to the anchor.

    The mean is over the batch and the d features, so `weight` = d x lambda of E10.
    `phase_start` anchors at the network as the phase begins; `previous_phase` one phase earlier.
    """

    weight: Annotated[NonNegativeFloat, STACKS] = 0.0
    anchor: Literal["phase_start", "previous_phase"] = "phase_start"


class FamilySpec(Spec):
    """Base of every family's spec model; users' families inherit from it too.

    metrics: history columns of the family's own that become final_ and best_ columns of runs.
    outcomes: how a run of the family can end. unused: sections, and fields of others, that nothing
    in the family reads; they cannot be swept.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {}
    outcomes: ClassVar[frozenset[Outcome]] = SEEN_IN_SAMPLES
    unused: ClassVar[frozenset[str]] = frozenset()

    kind: str


class GanFamily(FamilySpec):
    """The GAN of E6 to E11. One round: a discriminator phase, then a generator phase."""

    kind: Literal["gan"]
    latent_dim: PositiveInt = 16
    network: AnyNetwork = NetworkSpec()
    batch_norm: bool = False
    loss: Literal["non_saturating", "minimax"] = "non_saturating"
    discriminator_steps: PositiveInt = 1
    generator_batches: PositiveInt = 1
    generator_steps: PositiveInt = 1
    regularizer: RegularizerSpec = RegularizerSpec()


class EmFamily(FamilySpec):
    """Expectation maximisation (E5) of a Gaussian mixture. One round: an M phase, an E phase.

    `data_size` samples are drawn once, and seen whole in every round; `budget.batch_size` and the
    optimizer are not used. `covariance_floor` is added to every variance (squared units of x).
    """

    metrics: ClassVar[Mapping[str, Metric]] = {"log_likelihood": Metric("higher")}
    outcomes: ClassVar[frozenset[Outcome]] = (SEEN_IN_SAMPLES - {"oscillating"}) | {
        "singular_components",
        "dead_components",
    }
    unused: ClassVar[frozenset[str]] = frozenset({"optimizer", "budget.batch_size"})

    kind: Literal["em"]
    components: PositiveInt = 8
    covariance: Literal["full", "diagonal", "spherical"] = "full"
    initialisation: Literal["k-means++", "random"] = "k-means++"
    covariance_floor: Annotated[PositiveFloat, STACKS] = 1e-6
    data_size: Annotated[int, Field(ge=10)] = 1000

    @model_validator(mode="after")
    def _a_sample_for_each_component(self) -> EmFamily:
        if self.components > self.data_size:
            raise ValueError(f"components must be at most data_size, which is {self.data_size}")
        return self


class VaeFamily(FamilySpec):
    """The variational autoencoder of E4. One round: `steps` steps of both networks together.

    `scale` is the decoder's standard deviation where it is fixed, and where learning it starts
    otherwise: one for all features (`learned`) or one each (`per_dimension`). The KL term counts
    `kl_weight` x min(1, round / warm_up_rounds). Each step sees fresh samples.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "evidence_lower_bound": Metric("higher"),
        "reconstruction_error": Metric("lower"),
        "prior_mismatch": Metric("lower", 1.0),
        "active_latents": Metric("higher"),
    }
    outcomes: ClassVar[frozenset[Outcome]] = SEEN_IN_SAMPLES | {"posterior_collapse"}

    kind: Literal["vae"]
    latent_dim: PositiveInt = 2
    network: NetworkSpec = NetworkSpec()
    decoder_scale: Literal["learned", "fixed", "per_dimension"] = "learned"
    scale: PositiveFloat = 0.1
    kl_weight: Annotated[NonNegativeFloat, STACKS] = 1.0
    warm_up_rounds: Annotated[NonNegativeInt, STACKS] = 0
    steps: PositiveInt = 1


class AaeFamily(FamilySpec):
    """The adversarial autoencoder of E12 to E14.

    One round: a discriminator phase (on latents), an encoder phase with the incremental
    regularizer, and the decoder (the generator): `jointly` with the encoder, whose loss then holds
    `reconstruction_weight` x the reconstruction's MEAN squared error (E14); or `after` it, in a
    phase of its own that leaves the encoder alone.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "reconstruction_error": Metric("lower"),
        "prior_mismatch": Metric("lower", 1.0),
    }

    kind: Literal["aae"]
    latent_dim: PositiveInt = 2
    network: NetworkSpec = NetworkSpec()
    discriminator_steps: PositiveInt = 1
    encoder_batches: PositiveInt = 1
    encoder_steps: PositiveInt = 1
    regularizer: RegularizerSpec = RegularizerSpec()
    decoder: Literal["jointly", "after"] = "jointly"
    reconstruction_weight: Annotated[NonNegativeFloat, STACKS] = 1.0


class AliFamily(FamilySpec):
    """ALI, also known as BiGAN (E15 to E19).

    One round: a discriminator phase on pairs (x, z), then encoder and generator together.
    `scale` is where the standard deviations of Gaussians start. `extra_terms` adds the two terms
    that E17 drops from E16; for Gaussians and `vi` alone.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "reconstruction_error": Metric("lower"),
        "prior_mismatch": Metric("lower", 1.0),
        "cycle_error": Metric("lower"),
    }

    kind: Literal["ali"]
    latent_dim: PositiveInt = 2
    network: NetworkSpec = NetworkSpec()
    loss: Literal["vi", "minimax", "non_saturating"] = "vi"
    encoder: Literal["gaussian", "deterministic"] = "gaussian"
    generator: Literal["gaussian", "deterministic"] = "gaussian"
    scale: PositiveFloat = 0.05
    extra_terms: bool = False
    discriminator_steps: PositiveInt = 1
    generator_batches: PositiveInt = 1
    generator_steps: PositiveInt = 1

    @model_validator(mode="after")
    def _extra_terms_have_densities(self) -> AliFamily:
        deltas = "deterministic" in (self.encoder, self.generator)
        if self.extra_terms and (deltas or self.loss != "vi"):
            raise ValueError(
                "extra_terms belong to loss: vi with encoder: gaussian and generator: gaussian"
            )
        return self


FAMILIES: dict[str, type[FamilySpec]] = {
    "em": EmFamily,
    "vae": VaeFamily,
    "gan": GanFamily,
    "aae": AaeFamily,
    "ali": AliFamily,
}
