"""The adversarial autoencoder: its row of the unified view.

joints        p(z,y): codes of the data for y = 1, prior for y = 0, equally likely;
              q(z,y) = q(y|z) q(z): the GAN's, with x and z exchanged
direction     KL(p||q), as the GAN's after the exchange
latents       y only: z = E(x) is a function of the data, so x is not latent
phases        discriminator (E12), then encoder (E13), the decoder jointly (E14) or after it
closed form   nothing; the discriminator's optimum is only approached
sampled       the expectations over data and over the prior
adversarial   the log density ratio of prior and codes, read off D
dropped       nothing: KL(p(z)||p^o(z)) of E13 is kept by its bound, mean (E(x) - E^o(x))^2

D(z) = sigmoid(discriminator(z)) is the probability that z was drawn from the prior.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from vistab.families import joint_kl
from vistab.families import networks as nets
from vistab.families.base import (
    Family,
    Incremental,
    Inputs,
    Networks,
    Numbers,
    Observation,
    Outputs,
    Phase,
    Step,
)
from vistab.spec.families import AaeFamily
from vistab.targets.base import Shape


def build(spec: AaeFamily, shape: Shape) -> dict[str, nn.Module]:
    """Encoder, decoder (the generator) and discriminator of one run, freshly initialised."""
    dimension = math.prod(shape)
    size, width, depth = spec.latent_dim, spec.network.width, spec.network.depth
    return {
        "encoder": nets.encoder(dimension, size, width=width, depth=depth),
        "generator": nets.generator(size, dimension, width=width, depth=depth, batch_norm=False),
        "discriminator": nets.discriminator(size, width=width, depth=depth, batch_norm=False),
    }


def encode(networks: Networks, inputs: Inputs) -> dict[str, Tensor]:
    """E(x), [batch, latent_dim], as what the incremental term holds in place."""
    return {"codes": networks["encoder"](inputs["data"])}


def sample(networks: Networks, inputs: Inputs) -> Tensor:
    """Samples of the model, [n, d]: latents [n, latent_dim] of the prior, decoded."""
    decoded: Tensor = networks["generator"](inputs["latents"])
    return decoded


def discriminator_loss(
    networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers
) -> Step:
    """E12: -E_{q(z)} log D(z) - E_{p~} log(1 - D(E(x))), the sum of both halves."""
    prior, codes = inputs["latents"], encode(networks, inputs)["codes"]
    both = networks["discriminator"](torch.cat([prior, codes]))
    on_prior, on_codes = both[: len(prior)], both[len(prior) :]
    loss = joint_kl.tell_apart(on_prior, on_codes)
    return Step(loss, {}, joint_kl.adversarial_evidence(on_prior, on_codes, loss))


def distortion(networks: Networks, x: Tensor, codes: Tensor) -> Tensor:
    """Mean over batch and features of (x - G(codes))^2: 1/d of the sum of squares in E14."""
    decoded: Tensor = networks["generator"](codes)
    return (x - decoded).square().mean()


def encoder_loss(
    networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers, *, jointly: bool
) -> Step:
    """E13: -E_{p~} log D(E(x)) + weight x mean (E(x) - E^o(x))^2.

    With the decoder `jointly` E14: to that is added reconstruction_weight x the distortion.
    """
    outputs = encode(networks, inputs)
    codes = outputs["codes"]
    regularizer = numbers["regularizer.weight"] * joint_kl.incremental(outputs, anchor)
    loss = joint_kl.pass_for_first(networks["discriminator"](codes)) + regularizer
    evidence = {"regularizer": regularizer.detach()}
    if jointly:
        decoder = distortion(networks, inputs["data"], codes)
        loss = loss + numbers["reconstruction_weight"] * decoder
        evidence["decoder_loss"] = decoder.detach()
    return Step(loss, outputs, {"encoder_loss": loss.detach()} | evidence)


def decoder_loss(networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers) -> Step:
    """The distortion, to be minimised by the decoder alone."""
    loss = distortion(networks, inputs["data"], encode(networks, inputs)["codes"])
    return Step(loss, {}, {"decoder_loss": loss.detach()})


def phases(spec: AaeFamily) -> tuple[Phase, ...]:
    """One round: the discriminator phase, the encoder phase, and the decoder's if it comes after.

    A decoder of its own phase takes as many steps as it would take with the encoder.
    """
    jointly = spec.decoder == "jointly"
    discriminator = Phase(
        "discriminator",
        trains=("discriminator",),
        inputs=("data", "latents"),
        batches=spec.discriminator_steps,
        steps=1,
        loss=discriminator_loss,
    )
    encoder = Phase(
        "encoder",
        trains=("encoder", "generator") if jointly else ("encoder",),
        inputs=("data",),
        batches=spec.encoder_batches,
        steps=spec.encoder_steps,
        loss=partial(encoder_loss, jointly=jointly),
        incremental=Incremental(encode, spec.regularizer.anchor),
    )
    decoder = Phase(
        "decoder",
        trains=("generator",),
        inputs=("data",),
        batches=spec.encoder_batches,
        steps=spec.encoder_steps,
        loss=decoder_loss,
    )
    return (discriminator, encoder) if jointly else (discriminator, encoder, decoder)


def observe(networks: Networks, inputs: Inputs) -> Observation:
    """The codes of the data, and the data decoded from them."""
    codes = encode(networks, inputs)["codes"]
    return Observation({"codes": codes, "reconstructions": networks["generator"](codes)}, {})


AAE = Family(
    spec=AaeFamily,
    latent_dim=lambda spec: spec.latent_dim,
    networks=build,
    phases=phases,
    sample=sample,
    observe=observe,
)
