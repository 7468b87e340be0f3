"""A Wasserstein GAN with gradient penalty: a family of one's own, complete."""

import math
from typing import Annotated, Literal

import torch
from pydantic import NonNegativeFloat, PositiveInt

from vistab.families import networks as nets
from vistab.families.base import Family, Phase, Step
from vistab.spec.base import STACKS
from vistab.spec.families import FamilySpec, NetworkSpec


class WGANSpec(FamilySpec):
    kind: Literal["wgan:WGAN"]
    latent_dim: PositiveInt = 8
    network: NetworkSpec = NetworkSpec(width=16, depth=1)
    critic_steps: PositiveInt = 2
    penalty: Annotated[NonNegativeFloat, STACKS] = 1.0  # may differ within a pack


def build(spec, shape):
    dimension = math.prod(shape)
    size = {"width": spec.network.width, "depth": spec.network.depth, "batch_norm": False}
    generator = nets.generator(spec.latent_dim, dimension, **size)
    return {"generator": generator, "critic": nets.discriminator(dimension, **size)}


def sample(networks, inputs):
    return networks["generator"](inputs["latents"])


def critic_loss(networks, inputs, anchor, numbers):
    critic, real = networks["critic"], inputs["data"]
    fake = sample(networks, inputs).detach()
    slope = torch.func.grad(lambda x: critic(x).sum())(torch.cat([real, fake]))
    penalty = numbers["penalty"] * (slope.norm(dim=1) - 1).square().mean()
    distance = critic(real).mean() - critic(fake).mean()
    return Step(penalty - distance, {}, {"distance": distance.detach()})


def generator_loss(networks, inputs, anchor, numbers):
    loss = -networks["critic"](sample(networks, inputs)).mean()
    return Step(loss, {}, {"generator_loss": loss.detach()})


def phases(spec):
    critic = Phase("critic", ("critic",), ("data", "latents"), spec.critic_steps, 1, critic_loss)
    return critic, Phase("generator", ("generator",), ("latents",), 1, 1, generator_loss)


WGAN = Family(
    spec=WGANSpec,
    latent_dim=lambda spec: spec.latent_dim,
    networks=build,
    phases=phases,
    sample=sample,
)
