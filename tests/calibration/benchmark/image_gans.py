"""Real runs on images: small generative adversarial networks on the digits, judged by a classifier.

Whether a snapshot holds all classes is told by a classifier that knows the labels: it shares
nothing with the detector, which sees pixels alone.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from torch import nn
from torch.nn.functional import softplus

from benchmark import targets
from benchmark.image_dice import N_CLASSES, SNAPSHOTS
from benchmark.targets import halves, seeded

TARGET, REFERENCE = "digits", "tuning 0"
LATENTS, WIDTH, BATCH = 32, 256, 64
KEPT = 500  # samples a snapshot that the detector sees
MEASURED = 2000  # samples a snapshot that the label is made from
HELD = 1 / 2  # part of its fair share that each class of a healthy snapshot has
SOURCES = (__file__, targets.__file__)


@dataclass(frozen=True)
class Setting:
    """How to train; steps: of the generator a round, with the same latents."""

    learning_rate: float
    steps: int
    rounds: int


SETTINGS: dict[str, Setting] = {
    "small steps": Setting(2e-4, 1, 4000),
    "large steps": Setting(1e-3, 1, 2000),
    "large steps, 5 of the generator's a round": Setting(1e-3, 5, 1000),
}


@dataclass(frozen=True, eq=False)
class ImageGan:
    """A trained run: samples [T, n, 8, 8], and the part of its fair share of each class [T, 10]."""

    samples: np.ndarray
    parts: np.ndarray

    @property
    def healthy(self) -> np.ndarray:
        """Snapshots [T] in which every class has at least half of its fair share."""
        return self.parts.min(axis=1) >= HELD


@lru_cache
def trained(name: str) -> ImageGan:
    """The run of a setting; kept on disk, under a name that changes with the code."""
    sources = b"".join(Path(module).read_bytes() for module in SOURCES)
    digest = hashlib.sha256(sources + torch.__version__.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"vistab-benchmark-images-{digest}" / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        run = train(SETTINGS[name], seeded("image GAN", name))
        partial = path.with_suffix(".part.npz")
        np.savez(partial, samples=run.samples, parts=run.parts)
        partial.rename(path)
    with np.load(path) as stored:
        return ImageGan(stored["samples"], stored["parts"])


def train(setting: Setting, rng: np.random.Generator) -> ImageGan:
    """Train on the half of the digits that the reference lacks, and count classes."""
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**31)))
        snapshots = list(_snapshots(setting, halves(TARGET, REFERENCE)[1].images))
    parts = np.stack([class_parts(images) for images in snapshots])
    return ImageGan(np.stack([images[:KEPT] for images in snapshots]), parts)


def class_parts(images: np.ndarray) -> np.ndarray:
    """Share of images [n, 8, 8] that the classifier finds in each class, over the digits' [10]."""
    usual, found = (
        np.bincount(labels, minlength=N_CLASSES) / len(labels)
        for labels in (load_digits().target, classifier()[0].predict(images.reshape(-1, 64)))
    )
    return found / usual


@lru_cache
def classifier() -> tuple[SVC, float]:
    """Trained on one half of the digits; and its accuracy on the other."""
    pixels, labels = load_digits(return_X_y=True)
    known, other, its, others = train_test_split(
        pixels / 8 - 1, labels, test_size=0.5, random_state=0, stratify=labels
    )
    model = SVC().fit(known, its)
    return model, float(model.score(other, others))


def _snapshots(setting: Setting, images: np.ndarray) -> Iterator[np.ndarray]:
    """Images [n, 8, 8] at each snapshot."""
    data = torch.from_numpy(images.reshape(len(images), -1))
    networks = _generator(data.shape[1]), _discriminator(data.shape[1])
    optimizers = [
        torch.optim.Adam(net.parameters(), lr=setting.learning_rate, betas=(0.5, 0.999))
        for net in networks
    ]
    for round_ in range(setting.rounds):
        _round(setting, networks, optimizers, data[torch.randint(len(data), (BATCH,))])
        if (round_ + 1) % (setting.rounds // SNAPSHOTS) == 0:
            with torch.no_grad():
                made = networks[0](torch.randn(MEASURED, LATENTS))
            yield made.numpy().reshape(MEASURED, *images.shape[1:])


def _round(
    setting: Setting,
    networks: tuple[nn.Module, nn.Module],
    optimizers: list[torch.optim.Adam],
    real: torch.Tensor,
) -> None:
    """One discriminator step, then the generator's."""
    generator, discriminator = networks
    made = generator(torch.randn(BATCH, LATENTS)).detach()
    _step(optimizers[1], (softplus(-discriminator(real)) + softplus(discriminator(made))).mean())
    latents = torch.randn(BATCH, LATENTS)
    for _ in range(setting.steps):
        _step(optimizers[0], softplus(-discriminator(generator(latents))).mean())


def _step(optimizer: torch.optim.Adam, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _generator(pixels: int) -> nn.Module:
    def block(inputs: int) -> list[nn.Module]:
        return [nn.Linear(inputs, WIDTH), nn.BatchNorm1d(WIDTH), nn.LeakyReLU(0.2)]

    return nn.Sequential(*block(LATENTS), *block(WIDTH), nn.Linear(WIDTH, pixels), nn.Tanh())


def _discriminator(pixels: int) -> nn.Module:
    def block(inputs: int) -> list[nn.Module]:
        return [nn.Linear(inputs, WIDTH), nn.LeakyReLU(0.2), nn.Dropout(0.3)]

    return nn.Sequential(*block(pixels), *block(WIDTH), nn.Linear(WIDTH, 1))
