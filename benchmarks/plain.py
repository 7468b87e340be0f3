"""The GAN of one run in plain torch: nn modules, torch.optim and a loop, nothing of vistab's packs.

It plays the same rounds on the same random numbers as a pack does, so it is both what packs are
timed against (benchmarks/packs.py) and the oracle that tests compare them with.
"""

from __future__ import annotations

import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vistab.spec.families import GanFamily
from vistab.spec.study import OptimizerSpec, Settings
from vistab.targets import make_target
from vistab.targets.base import Shape
from vistab.training.streams import Streams, normal


@dataclass
class Plain:
    """One run after a round. Numbers are read off only when asked for: a plain loop is fast too."""

    generator: nn.Sequential
    discriminator: nn.Sequential
    losses: dict[str, Tensor]
    latents: Tensor
    """The round's first block of latents, and G of it as the generator phase began."""
    before: Tensor

    @property
    def discriminator_loss(self) -> float:
        """E6, at the last discriminator step."""
        return self.losses["discriminator"].item()

    @property
    def generator_loss(self) -> float:
        """E11, at the last generator step."""
        return self.losses["generator"].item()

    @property
    def regularizer(self) -> float:
        """The second term of E11, at the last generator step."""
        return self.losses["regularizer"].item()

    @property
    def displacement(self) -> float:
        """Root mean square of ||G(z) - G^o(z)|| over the round's first block."""
        after = deepcopy(self.generator)(self.latents)  # a copy keeps its own running averages
        return (after - self.before).detach().square().sum(1).mean().sqrt().item()


def layers(
    sizes: list[int], outputs: int, activation: nn.Module, normal_from: int
) -> nn.Sequential:
    """Hidden layers with batch norm from layer `normal_from` on, then a linear one."""
    modules: dict[str, nn.Module] = {}
    for layer, (before, after) in enumerate(pairwise(sizes)):
        modules[f"hidden{layer}"] = nn.Linear(before, after)
        if layer >= normal_from:
            modules[f"norm{layer}"] = nn.BatchNorm1d(after)
        modules[f"activation{layer}"] = activation
    return nn.Sequential(OrderedDict(modules, output=nn.Linear(sizes[-1], outputs)))


def networks(family: GanFamily, dimension: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Generator and discriminator, still without weights of their own."""
    hidden = [family.network.width] * family.network.depth
    never = len(hidden)
    generator = layers(
        [family.latent_dim, *hidden], dimension, nn.ReLU(), 0 if family.batch_norm else never
    )
    discriminator = layers(
        [dimension, *hidden], 1, nn.LeakyReLU(0.2), 1 if family.batch_norm else never
    )
    return generator, discriminator


def convolutional(family: GanFamily, shape: Shape) -> tuple[nn.Sequential, nn.Sequential]:
    """The generator and discriminator of DCGAN at 8 pixels, of rows [batch, d]."""
    (channels, side, _), w = shape, family.network.width
    assert side == 8
    size = {"kernel_size": 5, "stride": 2, "padding": 2}

    def norm(stage: int, width: int) -> dict[str, nn.Module]:
        return {f"norm{stage}": nn.BatchNorm2d(width)} if family.batch_norm else {}

    generator: dict[str, nn.Module] = {
        "input": nn.Linear(family.latent_dim, 2 * w * 4),
        "image": nn.Unflatten(1, (2 * w, 2, 2)),
        **norm(0, 2 * w),
        "activation0": nn.ReLU(),
        "convolution0": nn.ConvTranspose2d(2 * w, w, **size, output_padding=1),
        **norm(1, w),
        "activation1": nn.ReLU(),
        "convolution1": nn.ConvTranspose2d(w, channels, **size, output_padding=1),
        "tanh": nn.Tanh(),
        "rows": nn.Flatten(),
    }
    discriminator: dict[str, nn.Module] = {
        "image": nn.Unflatten(1, shape),
        "convolution0": nn.Conv2d(channels, w, **size),
        "activation0": nn.LeakyReLU(0.2),
        "convolution1": nn.Conv2d(w, 2 * w, **size),
        **norm(1, 2 * w),
        "activation1": nn.LeakyReLU(0.2),
        "rows": nn.Flatten(),
        "output": nn.Linear(2 * w * 4, 1),
    }
    return nn.Sequential(OrderedDict(generator)), nn.Sequential(OrderedDict(discriminator))


def draw_weights(name: str, network: nn.Sequential, streams: Streams, *, dcgan: bool) -> None:
    """Initialise every layer as torch does, or as DCGAN does: N(0, 0.02), biases 0.

    Each parameter from its own stream: the first draw for torch's initialisation, the second for
    DCGAN's, which replaces it.
    """
    for layer, module in network.named_children():
        if not isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            continue
        bound = nn.init._calculate_fan_in_and_fan_out(module.weight)[0] ** -0.5
        assert module.bias is not None
        with streams.torch_seeded(f"weights/{name}.{layer}.weight/{int(dcgan)}"):
            if dcgan:
                nn.init.normal_(module.weight, std=0.02)
            else:
                nn.init.uniform_(module.weight, -bound, bound)
        with streams.torch_seeded(f"weights/{name}.{layer}.bias/0"):
            nn.init.uniform_(module.bias, -bound, bound)
        if dcgan:
            nn.init.zeros_(module.bias)


def optimizer(spec: OptimizerSpec, network: nn.Module, scale: float) -> torch.optim.Optimizer:
    """The torch.optim optimiser of one network."""
    if spec.kind == "sgd":
        return torch.optim.SGD(network.parameters(), lr=spec.learning_rate * scale)
    rate = spec.learning_rate * scale
    return torch.optim.Adam(network.parameters(), lr=rate, betas=spec.betas)


def train_plain(settings: Settings, seed: int, replicate: int) -> Iterator[Plain]:
    """Train one run for ever, round by round."""
    family, batch = settings.family, settings.budget.batch_size
    assert isinstance(family, GanFamily)
    target, streams = make_target(settings.target), Streams(seed, replicate)
    dcgan = family.network.kind == "dcgan"
    generator, discriminator = (
        convolutional(family, target.shape) if dcgan else networks(family, target.dimension)
    )
    draw_weights("generator", generator, streams, dcgan=dcgan)
    draw_weights("discriminator", discriminator, streams, dcgan=dcgan)
    to_descend = optimizer(settings.optimizer, discriminator, 1.0)
    to_generate = optimizer(settings.optimizer, generator, settings.optimizer.generator_scale)
    latents = normal((batch, family.latent_dim))
    # else the first step's own output is the anchor, and no copy is needed
    anchored_elsewhere = (
        family.regularizer.anchor == "previous_phase" or family.generator_batches > 1
    )
    earlier, number = deepcopy(generator) if anchored_elsewhere else None, 0
    while number := number + 1:
        for step in range(family.discriminator_steps):
            x = target.sample(batch, streams.generator("discriminator.data", number, step))
            z = latents(streams.generator("discriminator.latents", number, step))
            fake = generator(torch.from_numpy(z)).detach()
            on_real, on_fake = discriminator(torch.from_numpy(x)), discriminator(fake)
            loss = softplus(-on_real).mean() + softplus(on_fake).mean()
            to_descend.zero_grad()
            loss.backward()
            to_descend.step()
        start = deepcopy(generator) if anchored_elsewhere else None
        frozen = start if family.regularizer.anchor == "phase_start" else earlier
        blocks = [
            torch.from_numpy(latents(streams.generator("generator.latents", number, block)))
            for block in range(family.generator_batches)
        ]
        before = None
        for block in blocks:
            anchor = deepcopy(frozen)(block).detach() if frozen is not None else None
            for _ in range(family.generator_steps):
                fake = generator(block)
                before = fake.detach() if before is None else before
                anchor = fake.detach() if anchor is None else anchor
                regularizer = family.regularizer.weight * (fake - anchor).square().mean()
                total = adversarial(discriminator(fake), family.loss) + regularizer
                to_generate.zero_grad()
                total.backward()
                to_generate.step()
        earlier = start
        assert before is not None
        losses = {"discriminator": loss, "generator": total, "regularizer": regularizer}
        yield Plain(generator, discriminator, losses, blocks[0], before)


def adversarial(logits: Tensor, loss: str) -> Tensor:
    """The non-saturating or the minimax loss of the generator."""
    return softplus(-logits).mean() if loss == "non_saturating" else -softplus(logits).mean()


if __name__ == "__main__":  # one run per process: SETTINGS.pickle SEED REPLICATE
    torch.set_num_threads(1)
    asked: Settings = pickle.loads(Path(sys.argv[1]).read_bytes())
    rounds = train_plain(asked, int(sys.argv[2]), int(sys.argv[3]))
    for _ in range(asked.budget.rounds):
        last = next(rounds)
    print(last.discriminator_loss, last.generator_loss)
