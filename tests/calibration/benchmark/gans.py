"""Real runs: small generative adversarial networks, a few of one setting side by side."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import softplus

from benchmark import targets, truth
from benchmark.dice import SNAPSHOTS
from benchmark.targets import MIXTURES, seeded
from vistab.targets import KnownModes

LATENTS, WIDTH, BATCH = 16, 64, 64
SEEDS = 6  # runs of a setting in each split
KEPT = 500  # samples a snapshot that the detector sees
MEASURED = 10_000  # samples a snapshot that the label is made from
BOTH = ("tuning", "held_back")
SOURCES = (__file__, truth.__file__, targets.__file__)


@dataclass(frozen=True)
class Setting:
    """How to train: on which target, and the generator's steps a round (same latents).

    weight: of the mean squared change of the generator's outputs within a round, added to its loss;
    it steadies some runs. raised: the learning rate from half of the rounds on, if it changes then.
    samples: of a snapshot that the detector sees.
    """

    target: str
    splits: tuple[str, ...]
    learning_rate: float
    steps: int = 2
    weight: float = 0.0
    rounds: int = 800
    raised: float | None = None
    samples: int = KEPT


HOP, FEW = 80, 400  # rounds of a short run, which hops to its end; samples of its snapshots

SETTINGS: dict[str, Setting] = {
    "GAN, ring of 6": Setting("ring of 6, wide", BOTH, 3e-3),
    "GAN, ring of 6, steadied": Setting("ring of 6, wide", BOTH, 3e-3, weight=10),
    "GAN, ring of 6, large steps": Setting("ring of 6, wide", BOTH, 1e-2),
    "GAN, ring of 6, tiny steps": Setting("ring of 6, wide", BOTH, 1e-6),
    "GAN, square of 4, steadied": Setting("square of 4", BOTH, 3e-3, weight=10),
    "GAN, 16-d, 10 modes": Setting("16-d, 10 modes", BOTH, 3e-3, weight=10, rounds=1600),
    "GAN, square of 4": Setting("square of 4", BOTH[1:], 3e-3),
    "GAN, ring of 8, steadied": Setting("ring of 8", BOTH[1:], 3e-3, weight=10, rounds=1200),
    "GAN, uneven mixture": Setting("uneven mixture", BOTH[1:], 3e-3, weight=10),
    "GAN, grid of 9": Setting("grid of 9, wide", BOTH[1:], 3e-3),
    "GAN, 16-d, 6 modes": Setting("16-d, 6 uneven modes", BOTH[1:], 3e-3, weight=10, rounds=1600),
    "GAN, ring of 8, at 0.005": Setting("ring of 8", BOTH, 5e-3, rounds=HOP, samples=FEW),
    "GAN, ring of 8, at 0.01": Setting("ring of 8", BOTH, 1e-2, rounds=HOP, samples=FEW),
    "GAN, ring of 8, at 0.01, one step": Setting(
        "ring of 8", BOTH, 1e-2, 1, rounds=HOP, samples=FEW
    ),
    "GAN, ring of 8, at 0.02": Setting("ring of 8", BOTH, 2e-2, rounds=HOP, samples=FEW),
    "GAN, ring of 6, raised": Setting(
        "ring of 6, wide", BOTH, 3e-3, 1, weight=10, rounds=1600, raised=5e-2, samples=FEW
    ),
    "GAN, ring of 8, at 0.02, one step": Setting(
        "ring of 8", BOTH[1:], 2e-2, 1, rounds=HOP, samples=FEW
    ),
    "GAN, ring of 8, at 0.05": Setting("ring of 8", BOTH[1:], 5e-2, rounds=HOP, samples=FEW),
    "GAN, ring of 12, at 0.005": Setting("ring of 12", BOTH[1:], 5e-3, rounds=HOP, samples=FEW),
    "GAN, ring of 6, raised, two steps": Setting(
        "ring of 6, wide", BOTH[1:], 3e-3, weight=10, rounds=1600, raised=5e-2, samples=FEW
    ),
}


@dataclass(frozen=True, eq=False)
class Gan:
    """A trained run: samples [T, n, d], losses [T, 2] of discriminator and generator, and truth.

    outcome: None if the run is at the border of two. onset: None also if it is not clear.
    """

    samples: np.ndarray
    losses: np.ndarray
    outcome: str | None
    onset: int | None


@lru_cache(maxsize=64)
def trained(name: str, split: str) -> list[Gan]:
    """The runs of a setting; kept on disk, under a name that changes with the code."""
    sources = b"".join(Path(module).read_bytes() for module in SOURCES)
    digest = hashlib.sha256(sources + torch.__version__.encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"vistab-benchmark-{digest}"
    path = folder / f"{split}, {name}.npz"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        runs = train(SETTINGS[name], seeded(split, name))
        partial = path.with_suffix(".part.npz")
        np.savez(partial, **_stored(runs))
        partial.rename(path)
    with np.load(path) as stored:
        return _restored(stored)


def train(setting: Setting, rng: np.random.Generator) -> list[Gan]:
    """Train the runs of a setting, and label them."""
    modes = MIXTURES[setting.target]
    kept, judged, losses = [], [], []
    for samples, loss in _rounds(setting, modes, rng):
        kept.append(samples[:, : setting.samples])
        judged.append([truth.seen(own, modes) for own in samples])
        losses.append(loss)
    labels = [truth.label(list(run), modes) for run in zip(*judged, strict=True)]
    return [
        Gan(own, loss, *label)
        for own, loss, label in zip(
            np.stack(kept, axis=1), np.stack(losses, axis=1), labels, strict=True
        )
    ]


def _rounds(
    setting: Setting, modes: KnownModes, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """At each snapshot: samples [k, n, d], and losses [k, 2] averaged since the last one."""
    noise = torch.Generator().manual_seed(int(rng.integers(2**31)))
    generator = network((LATENTS, WIDTH, WIDTH, modes.dimension), noise)
    discriminator = network((modes.dimension, WIDTH, WIDTH, 1), noise)
    optimizers = [
        torch.optim.Adam(net, lr=setting.learning_rate, betas=(0.5, 0.999), foreach=True)
        for net in (discriminator, generator)
    ]
    since: list[torch.Tensor] = []
    for round_ in range(setting.rounds):
        if setting.raised is not None and round_ == setting.rounds // 2:
            for group in (group for own in optimizers for group in own.param_groups):
                group["lr"] = setting.raised
        real = torch.from_numpy(modes.draw(SEEDS * BATCH, rng).astype(np.float32))
        losses = _round(
            setting, (discriminator, generator), optimizers, real.view(SEEDS, BATCH, -1), noise
        )
        since.append(losses)
        if (round_ + 1) % (setting.rounds // SNAPSHOTS) == 0:
            with torch.no_grad():
                latents = torch.randn(SEEDS, MEASURED, LATENTS, generator=noise)
                samples = apply(generator, latents).numpy()
            yield samples, torch.stack(since).mean(dim=0).numpy()
            since = []


def _round(
    setting: Setting,
    networks: tuple[list[torch.Tensor], list[torch.Tensor]],
    optimizers: list[torch.optim.Adam],
    real: torch.Tensor,
    noise: torch.Generator,
) -> torch.Tensor:
    """One discriminator step, then the generator's; their losses [k, 2]."""
    discriminator, generator = networks
    latents = torch.randn(SEEDS, BATCH, LATENTS, generator=noise)
    before = apply(generator, latents).detach()
    wrong = softplus(-apply(discriminator, real)) + softplus(apply(discriminator, before))
    first = wrong.mean(dim=(1, 2))
    step(optimizers[0], first)
    for _ in range(setting.steps):
        made = apply(generator, latents)
        second = softplus(-apply(discriminator, made)).mean(dim=(1, 2))
        change = (made - before).square().mean(dim=(1, 2))
        step(optimizers[1], second + setting.weight * change)
    return torch.stack([first, second], dim=1).detach()


def step(optimizer: torch.optim.Adam, losses: torch.Tensor) -> None:
    """Each run's loss depends on its own parameters alone, and so does its step."""
    own = optimizer.param_groups[0]["params"]
    for parameter, gradient in zip(own, torch.autograd.grad(losses.sum(), own), strict=True):
        parameter.grad = gradient
    optimizer.step()


def network(sizes: tuple[int, ...], noise: torch.Generator) -> list[torch.Tensor]:
    """Weights [k, in, out] and biases [k, 1, out] of each layer, of k runs."""
    parameters = []
    for before, after in pairwise(sizes):
        for rows in (before, 1):
            uniform = torch.rand(SEEDS, rows, after, generator=noise)
            parameters.append(((2 * uniform - 1) / before**0.5).requires_grad_())
    return parameters


def apply(parameters: list[torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    """Outputs [k, n, out] for inputs [k, n, in]."""
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    for weight, bias in layers[:-1]:
        inputs = torch.relu(torch.baddbmm(bias, inputs, weight))
    weight, bias = layers[-1]
    return torch.baddbmm(bias, inputs, weight)


def _stored(runs: list[Gan]) -> dict[str, np.ndarray]:
    return {
        "samples": np.stack([run.samples for run in runs]),
        "losses": np.stack([run.losses for run in runs]),
        "outcomes": np.array([run.outcome or "" for run in runs]),
        "onsets": np.array([-1 if run.onset is None else run.onset for run in runs]),
    }


def _restored(stored: np.lib.npyio.NpzFile) -> list[Gan]:
    return [
        Gan(samples, losses, str(outcome) or None, None if onset < 0 else int(onset))
        for samples, losses, outcome, onset in zip(
            *(stored[name] for name in ("samples", "losses", "outcomes", "onsets")), strict=True
        )
    ]
