"""The GAN: its row of the unified view.

joints        q(x,y): data for y = 1, model for y = 0, equally likely; p(x,y) = D(x) p~(x)
direction     KL(q||p)
latents       y only: x = G(z) is one-to-one, so z is not latent
phases        discriminator (E6), then generator (E8, E11)
closed form   nothing; the discriminator's optimum (E7) is only approached
sampled       the expectations over data and over z
adversarial   the log density ratio, read off D
dropped       nothing: KL(q||q^o) of E8, which standard GANs lack, is kept by its bound (E10)

D(x) = sigmoid(discriminator(x)): the network gives the logit, and -log D = softplus(-logit).
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from vistab.families import dcgan, joint_kl
from vistab.families import networks as nets
from vistab.families.base import (
    Family,
    Incremental,
    Inputs,
    Networks,
    Numbers,
    Outputs,
    Phase,
    Step,
)
from vistab.spec.families import DcganSpec, GanFamily
from vistab.targets.base import Shape


def build(spec: GanFamily, shape: Shape) -> dict[str, nn.Module]:
    """Generator and discriminator of one run, freshly initialised."""
    latent_dim, network, normed = spec.latent_dim, spec.network, spec.batch_norm
    if isinstance(network, DcganSpec):
        return {
            "generator": dcgan.generator(latent_dim, shape, network, batch_norm=normed),
            "discriminator": dcgan.discriminator(shape, network, batch_norm=normed),
        }
    size, dimension = {"width": network.width, "depth": network.depth}, math.prod(shape)
    return {
        "generator": nets.generator(latent_dim, dimension, **size, batch_norm=normed),
        "discriminator": nets.discriminator(dimension, **size, batch_norm=normed),
    }


def generate(networks: Networks, inputs: Inputs) -> dict[str, Tensor]:
    """G(z), [batch, d], as what the incremental term holds in place."""
    return {"fake": sample(networks, inputs)}


def sample(networks: Networks, inputs: Inputs) -> Tensor:
    """Samples of the model, [n, d], from latents [n, latent_dim]."""
    fake: Tensor = networks["generator"](inputs["latents"])
    return fake


def logits(
    networks: Networks, x: Tensor, fake: Tensor, *, batch_norm: bool
) -> tuple[Tensor, Tensor]:
    """Logits of real and of fake samples; with batch norm each is a batch of its own."""
    discriminator = networks["discriminator"]
    if batch_norm:
        return discriminator(x), discriminator(fake)
    both = discriminator(torch.cat([x, fake]))
    return both[: len(x)], both[len(x) :]


def discriminator_loss(
    networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers, *, batch_norm: bool
) -> Step:
    """E6: -E_{p~} log D(x) - E_q log(1 - D(x)), the sum of both halves."""
    fake = sample(networks, inputs)
    on_real, on_fake = logits(networks, inputs["data"], fake, batch_norm=batch_norm)
    loss = joint_kl.tell_apart(on_real, on_fake)
    return Step(loss, {}, joint_kl.adversarial_evidence(on_real, on_fake, loss))


def adversarial(on_fake: Tensor, loss: str) -> Tensor:
    """First term of E8, -E_z log D(G(z)); or E_z log(1 - D(G(z))) for `minimax`."""
    if loss == "non_saturating":
        return joint_kl.pass_for_first(on_fake)
    return -joint_kl.pass_for_second(on_fake)


def generator_loss(
    networks: Networks, inputs: Inputs, anchor: Outputs, numbers: Numbers, *, loss: str
) -> Step:
    """E11: E_z[-log D(G(z))] + weight x mean over batch and features of (G(z) - G^o(z))^2."""
    outputs = generate(networks, inputs)
    regularizer = numbers["regularizer.weight"] * joint_kl.incremental(outputs, anchor)
    total = adversarial(networks["discriminator"](outputs["fake"]), loss) + regularizer
    evidence = {"generator_loss": total.detach(), "regularizer": regularizer.detach()}
    return Step(total, outputs, evidence)


def phases(spec: GanFamily) -> tuple[Phase, Phase]:
    """One round: the discriminator phase, then the generator phase."""
    return (
        Phase(
            "discriminator",
            trains=("discriminator",),
            inputs=("data", "latents"),
            batches=spec.discriminator_steps,
            steps=1,
            loss=partial(discriminator_loss, batch_norm=spec.batch_norm),
        ),
        Phase(
            "generator",
            trains=("generator",),
            inputs=("latents",),
            batches=spec.generator_batches,
            steps=spec.generator_steps,
            loss=partial(generator_loss, loss=spec.loss),
            incremental=Incremental(generate, spec.regularizer.anchor),
        ),
    )


GAN = Family(
    spec=GanFamily,
    latent_dim=lambda spec: spec.latent_dim,
    networks=build,
    phases=phases,
    sample=sample,
)
