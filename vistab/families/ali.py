"""ALI, also known as BiGAN: its row of the unified view.

joints        q(x,z,y): encoder pairs p(z|x) p~(x) for y = 1, generator pairs q(x|z) q(z) for y = 0,
              equally likely; p(x,z,y) = p(y|x,z) p(z|x) p~(x)
direction     KL(q||p)
latents       z and y
phases        discriminator (E15), then encoder and generator together (E16, E17)
closed form   KL(q(x|z)||q^o(x|z)) and log p^o(z|x) / p(z|x) of E16, where both are Gaussian
sampled       the expectations over data and z; z given x and x given z by reparametrisation
adversarial   the log density ratio of the two kinds of pairs, read off D
dropped       those two terms of E16, which gives E17, unless `extra_terms` keeps them

D(x,z) = sigmoid(discriminator(x and z side by side)), the probability of an encoder pair. The
rivals E18 and E19 are standard ALI: they pull encoder and generator towards each other, where E17
pushes both to what D takes for encoder pairs.
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
    Input,
    Inputs,
    Networks,
    Numbers,
    Observation,
    Outputs,
    Phase,
    Step,
)
from vistab.families.joint_kl import Gaussian
from vistab.spec.families import AliFamily
from vistab.targets.base import Shape

PAIRS: tuple[Input, ...] = ("data", "latents", "encoder_noise", "generator_noise")
"""What it takes to draw pairs of both kinds."""


def build(spec: AliFamily, shape: Shape) -> dict[str, nn.Module]:
    """Encoder, generator and discriminator of one run, freshly initialised."""
    dimension = math.prod(shape)
    size = {"width": spec.network.width, "depth": spec.network.depth}
    codes = spec.latent_dim * (2 if spec.encoder == "gaussian" else 1)
    features = dimension * (2 if spec.generator == "gaussian" else 1)
    encoder = nets.encoder(dimension, codes, **size)
    generator = nets.generator(spec.latent_dim, features, **size, batch_norm=False)
    start_scales(encoder, spec.latent_dim, spec.scale)
    start_scales(generator, dimension, spec.scale)
    pairs = nets.discriminator(dimension + spec.latent_dim, **size, batch_norm=False)
    return {"encoder": encoder, "generator": generator, "discriminator": pairs}


def start_scales(network: nn.Module, size: int, scale: float) -> None:
    """Shift the log scales, which are all outputs past `size`, to begin around log(scale)."""
    *_, bias = network.parameters()
    with torch.no_grad():
        bias[size:] += math.log(scale)


def conditional(output: Tensor, size: int) -> Gaussian:
    """p(z|x) or q(x|z) from a network's output: the mean and, where there is one, the log scale.

    output [batch, size or 2 size]. Without a log scale the standard deviation is 0: a delta.
    """
    mean, *log_scale = torch.split(output, size, -1)
    return Gaussian(mean, log_scale[0] if log_scale else torch.full_like(mean, -torch.inf))


def encode(networks: Networks, x: Tensor, latent_dim: int, name: str = "encoder") -> Gaussian:
    """p(z|x), for x [batch, d]."""
    return conditional(networks[name](x), latent_dim)


def decode(networks: Networks, z: Tensor, dimension: int, name: str = "generator") -> Gaussian:
    """q(x|z), for z [batch, latent_dim]."""
    return conditional(networks[name](z), dimension)


def sample(networks: Networks, inputs: Inputs) -> Tensor:
    """Samples of the model, [n, d], the generator's noise included."""
    noise = inputs["generator_noise"]
    return decode(networks, inputs["latents"], noise.shape[-1]).sample(noise)


def codes(networks: Networks, inputs: Inputs) -> Tensor:
    """Latents of the data, [n, latent_dim], the encoder's noise included."""
    noise = inputs["encoder_noise"]
    return encode(networks, inputs["data"], noise.shape[-1]).sample(noise)


def logits(networks: Networks, inputs: Inputs, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of the encoder pairs (data, z) and of the generator pairs (x, latents)."""
    pairs = torch.cat(
        [torch.cat([inputs["data"], z], 1), torch.cat([x, inputs["latents"]], 1)],
    )
    both = networks["discriminator"](pairs)
    return both[: len(z)], both[len(z) :]


def discriminator_loss(
    networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers
) -> Step:
    """E15: -E_p log D(x,z) - E_q log(1 - D(x,z)), the sum of both halves."""
    x, z = sample(networks, inputs), codes(networks, inputs)
    on_encoder, on_generator = logits(networks, inputs, x, z)
    loss = joint_kl.tell_apart(on_encoder, on_generator)
    return Step(loss, {}, joint_kl.adversarial_evidence(on_encoder, on_generator, loss))


def adversarial(on_encoder: Tensor, on_generator: Tensor, loss: str) -> Tensor:
    """What encoder and generator minimise: E17 (`vi`), E18 (`minimax`) or E19."""
    if loss == "vi":
        return joint_kl.pass_for_first(on_encoder) + joint_kl.pass_for_first(on_generator)
    if loss == "minimax":
        return -joint_kl.tell_apart(on_encoder, on_generator)
    return joint_kl.pass_for_second(on_encoder) + joint_kl.pass_for_first(on_generator)


def extra_terms(networks: Networks, inputs: Inputs, x: Tensor) -> dict[str, Tensor]:
    """The last two terms of E16, exactly, in nats; x [batch, d] the generator's samples.

    regularizer: E_{q(z)} KL(q(x|z)||q^o(x|z)). encoder_log_ratio: E_q log p^o(z|x) / p(z|x).
    """
    z = inputs["latents"]
    now, before = (decode(networks, z, x.shape[-1], f"generator{o}") for o in ("", "_before"))
    p, p_before = (encode(networks, x, z.shape[-1], f"encoder{o}") for o in ("", "_before"))
    return {
        "regularizer": now.kl_to(before).sum(-1).mean(),
        "encoder_log_ratio": (p_before.log_density(z) - p.log_density(z)).mean(),
    }


def generator_loss(
    networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers, *, spec: AliFamily
) -> Step:
    """One of E17, E18, E19 for encoder and generator together; E16 with the extra terms."""
    x, z = sample(networks, inputs), codes(networks, inputs)
    terms = extra_terms(networks, inputs, x) if spec.extra_terms else {}
    total = sum(terms.values(), start=adversarial(*logits(networks, inputs, x, z), spec.loss))
    evidence = {"generator_loss": total} | terms
    return Step(total, {}, {name: value.detach() for name, value in evidence.items()})


def observe(networks: Networks, inputs: Inputs) -> Observation:
    """Codes of the data; data encoded and generated, latents generated and encoded, by the means.

    encoder_scale, decoder_scale: mean standard deviations of p(z|x) and q(x|z); 0 for deltas.
    """
    x, z = inputs["data"], inputs["latents"]
    encoded, decoded = encode(networks, x, z.shape[-1]), decode(networks, z, x.shape[-1])
    pictures = {
        "codes": encoded.sample(inputs["encoder_noise"]),
        "reconstructions": decode(networks, encoded.mean, x.shape[-1]).mean,
        "cycled": encode(networks, decoded.mean, z.shape[-1]).mean,
    }
    scales = {"encoder_scale": encoded, "decoder_scale": decoded}
    return Observation(pictures, {name: p.log_scale.exp().mean() for name, p in scales.items()})


def phases(spec: AliFamily) -> tuple[Phase, Phase]:
    """One round: the discriminator phase, then the phase of encoder and generator."""
    return (
        Phase(
            "discriminator",
            trains=("discriminator",),
            inputs=PAIRS,
            batches=spec.discriminator_steps,
            steps=1,
            loss=discriminator_loss,
        ),
        Phase(
            "generator",
            trains=("encoder", "generator"),
            inputs=PAIRS,
            batches=spec.generator_batches,
            steps=spec.generator_steps,
            loss=partial(generator_loss, spec=spec),
            before=("encoder", "generator") if spec.extra_terms else (),
        ),
    )


ALI = Family(
    spec=AliFamily,
    latent_dim=lambda spec: spec.latent_dim,
    networks=build,
    phases=phases,
    sample=sample,
    observe=observe,
)
