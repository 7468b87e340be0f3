"""Snapshots of a run on images, drawn from real ones as a scenario wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmark.targets import ImageSet

SNAPSHOTS = 20
N_CLASSES = 10
MIXED = 0.3  # a new image has at most so much of a near one


@dataclass
class ImageDice:
    """One scenario's dice: real images, a number of samples, and ways to draw snapshots."""

    real: ImageSet
    n: int
    rng: np.random.Generator

    def fit(self, weights: np.ndarray | None = None) -> np.ndarray:
        """One snapshot [n, side, side] of classes with these weights [10], or as in the data."""
        usual = np.bincount(self.real.labels, minlength=N_CLASSES)
        shares = usual * (np.ones(N_CLASSES) if weights is None else weights)
        counts = self.rng.multinomial(self.n, shares / shares.sum())
        return np.concatenate([self._of_class(label, k) for label, k in enumerate(counts)])

    def healthy(self) -> np.ndarray:
        """One snapshot of a usable generator: not quite even, and with a little noise."""
        return self.noisy(self.fit(self.rng.uniform(0.8, 1.25, N_CLASSES)), 0.05)

    def noisy(self, images: np.ndarray, size: float) -> np.ndarray:
        """The same with white noise on every pixel."""
        noise = self.rng.standard_normal(images.shape, dtype=np.float32)
        return images + np.float32(size) * noise

    def noise(self) -> np.ndarray:
        """One snapshot of white noise over the whole range of pixels."""
        shape = (self.n, *self.real.images.shape[1:])
        return 2 * self.rng.random(shape, dtype=np.float32) - 1

    def some(self, number: int) -> np.ndarray:
        """Weights [10] of a generator that kept this many classes."""
        held = self.rng.choice(N_CLASSES, size=number, replace=False)
        return np.isin(np.arange(N_CLASSES), held).astype(float)

    def when(self, low: float = 0.15, high: float = 0.8) -> int:
        """A snapshot in between."""
        return int(self.rng.integers(int(low * SNAPSHOTS), int(high * SNAPSHOTS)))

    def then(
        self, at: int, before: Callable[[], np.ndarray], after: Callable[[], np.ndarray]
    ) -> Iterator[np.ndarray]:
        """A run that changes at one snapshot; snapshots are drawn when they are asked for."""
        return (before() if t < at else after() for t in range(SNAPSHOTS))

    def _of_class(self, label: int, count: int) -> np.ndarray:
        """`count` different images of a class: real ones, and once these are used up new ones.

        A new one is a real one mixed with a near one.
        """
        own = np.flatnonzero(self.real.labels == label)
        rounds = -(-count // len(own))
        order = np.concatenate([own[:0], *(self.rng.permutation(own) for _ in range(rounds))])
        images = self.real.images[order[:count]]
        again = order[len(own) : count]
        near = self.real.near[again, self.rng.integers(self.real.near.shape[1], size=len(again))]
        part = self.rng.uniform(0, MIXED, (len(again), 1, 1)).astype(np.float32)
        images[len(own) :] += part * (self.real.images[near] - self.real.images[again])
        return images
