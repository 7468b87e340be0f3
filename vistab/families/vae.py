"""The VAE: its row of the unified view.

joints        p(x,z) = p~(x) p(z|x); q(x,z) = q(x|z) q(z), both conditionals Gaussian
direction     KL(p||q)
latents       z
phases        one: encoder and generator together on E4
closed form   KL(p(z|x)||q(z)), the second term of E4
sampled       the expectations over data and, by reparametrisation, over p(z|x)
adversarial   nothing
dropped       E_{p~} log p~(x) of E3, a constant of the data

The mean of q(x|z) depends on z, its standard deviation (the decoder's scale) does not.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vistab.families import networks as nets
from vistab.families.base import (
    Family,
    Inputs,
    Networks,
    Numbers,
    Observation,
    Outputs,
    Phase,
    Step,
)
from vistab.families.joint_kl import Gaussian
from vistab.spec.families import VaeFamily
from vistab.targets.base import Shape


def build(spec: VaeFamily, shape: Shape) -> dict[str, nn.Module]:
    """Encoder and generator of one run, freshly initialised."""
    dimension = math.prod(shape)
    size = {"width": spec.network.width, "depth": spec.network.depth}
    scales = dimension if spec.decoder_scale == "per_dimension" else 1
    learned = spec.decoder_scale != "fixed"
    mean = nets.generator(spec.latent_dim, dimension, **size, batch_norm=False)
    return {
        "encoder": nets.encoder(dimension, 2 * spec.latent_dim, **size),
        "generator": nets.WithScale(mean, torch.full((scales,), spec.scale), learned=learned),
    }


def posterior(networks: Networks, x: Tensor) -> Gaussian:
    """p(z|x) of x [batch, d]: the encoder gives its mean and its log scale side by side."""
    return Gaussian(*networks["encoder"](x).chunk(2, -1))


def likelihood(networks: Networks, z: Tensor) -> Gaussian:
    """q(x|z) of z [batch, latent_dim]: the generator gives its mean and its log scale."""
    return Gaussian(*networks["generator"](z))


def sample(networks: Networks, inputs: Inputs) -> Tensor:
    """Samples of the model, [n, d]: from q(x|z) with z from the prior, decoder noise included."""
    return likelihood(networks, inputs["latents"]).sample(inputs["generator_noise"])


def terms(networks: Networks, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """Both terms of E4, in nats: E_{p~} -log q(x|z), and the KL by latent dimension [latent_dim].

    z is drawn once for each x; means are over the batch.
    """
    encoded = posterior(networks, inputs["data"])
    decoded = likelihood(networks, encoded.sample(inputs["encoder_noise"]))
    return -decoded.log_density(inputs["data"]).mean(), encoded.kl_to_prior().mean(0)


def kl_share(numbers: Numbers) -> Tensor:
    """What the KL term counts in this round: kl_weight x min(1, round / warm_up_rounds)."""
    warmth = numbers["round"] / numbers["warm_up_rounds"].clamp(min=1)
    return numbers["kl_weight"] * warmth.clamp(max=1)


def loss(networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers) -> Step:
    """E4 with the KL term weighed: E_{p~}[-log q(x|z) + share x KL(p(z|x)||q(z))]."""
    misfit, kl = terms(networks, inputs)
    total = misfit + kl_share(numbers) * kl.sum()
    return Step(total, {}, {"autoencoder_loss": total.detach()})


def observe(networks: Networks, inputs: Inputs) -> Observation:
    """The evidence lower bound with a KL weight of 1, the KL by latent dimension, and pictures."""
    misfit, kl = terms(networks, inputs)
    encoded = posterior(networks, inputs["data"])
    decoded = likelihood(networks, encoded.mean)
    return Observation(
        pictures={
            "codes": encoded.sample(inputs["encoder_noise"]),
            "reconstructions": decoded.mean,
        },
        evidence={
            "evidence_lower_bound": -misfit - kl.sum(),
            "latent_kl": kl,
            "decoder_scale": decoded.log_scale.exp().mean(),
        },
    )


def phases(spec: VaeFamily) -> tuple[Phase]:
    """One round: both networks step together, each step on fresh samples."""
    return (
        Phase(
            "autoencoder",
            trains=("encoder", "generator"),
            inputs=("data", "encoder_noise"),
            batches=spec.steps,
            steps=1,
            loss=loss,
        ),
    )


VAE = Family(
    spec=VaeFamily,
    latent_dim=lambda spec: spec.latent_dim,
    networks=build,
    phases=phases,
    sample=sample,
    observe=observe,
)
