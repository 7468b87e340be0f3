"""Snapshots of a run on a mixture, drawn as a scenario wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vistab.targets import KnownModes

SNAPSHOTS = 40


@dataclass
class Dice:
    """One scenario's dice: a target in d dimensions, a number of samples, and ways to draw them.

    length: the number T of snapshots.
    """

    modes: KnownModes
    n: int
    rng: np.random.Generator
    length: int = SNAPSHOTS

    def fit(
        self,
        weights: np.ndarray | None = None,
        *,
        width: float | np.ndarray = 1.0,
        strays: float = 0.0,
    ) -> np.ndarray:
        """One snapshot [n, d] at modes of these weights, some samples strewn over the target."""
        weights = self.modes.weights if weights is None else weights / weights.sum()
        centres = self.modes.centres[self.rng.choice(self.modes.count, size=self.n, p=weights)]
        fitted = centres + self.modes.std * np.multiply(width, 1.0) * self._normal()
        return np.where(self.rng.random((self.n, 1)) < strays, self.cloud(), fitted)

    def cloud(self, size: float = 1.0) -> np.ndarray:
        """One snapshot [n, d] all over the place: a Gaussian; 2 ** 0.5 is as wide as the target."""
        width = size * self.modes.rms / np.sqrt(2 * self.modes.dimension)
        return self.modes.mean + width * self._normal()

    def blob(self, centre: np.ndarray, width: float) -> np.ndarray:
        """One snapshot [n, d] at one place; the width is in stds of a mode."""
        return centre + width * self.modes.std * self._normal()

    def only(self, *held: int) -> np.ndarray:
        """Weights [m] of a generator that kept these modes alone."""
        return self.modes.weights * np.isin(np.arange(self.modes.count), held)

    def some(self, number: int) -> np.ndarray:
        """Weights [m] of a generator that kept this many modes."""
        return self.only(*self.rng.choice(self.modes.count, size=number, replace=False))

    def when(self, low: float = 0.15, high: float = 0.8) -> int:
        """A snapshot in between."""
        return int(self.rng.integers(int(low * self.length), int(high * self.length)))

    def healthy(self) -> np.ndarray:
        """One snapshot of a usable generator: few strays, a bit narrow, not quite even."""
        uneven = self.modes.weights * self.rng.uniform(0.8, 1.25, self.modes.count)
        return self.fit(uneven, width=0.7, strays=0.05)

    def then(
        self, at: int, before: Callable[[], np.ndarray], after: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """A run that changes at one snapshot."""
        return np.stack([before() if t < at else after() for t in range(self.length)])

    def _normal(self) -> np.ndarray:
        return self.rng.normal(size=(self.n, self.modes.dimension))
