"""Mixtures of equally wide Gaussians: a ring, a grid, or centres as listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vistab.targets.base import KnownModes, Shape

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import GridTarget, MixtureTarget, RingTarget

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of isotropic Gaussians, all of one standard deviation: a `Target`."""

    modes: KnownModes

    @property
    def shape(self) -> Shape:
        """The number d of features of one sample, alone."""
        return (self.modes.dimension,)

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""
        return self.modes.dimension

    @property
    def rms(self) -> float:
        """Root mean square distance of samples from the mean."""
        return self.modes.rms

    def features(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """The samples as they are."""
        return samples

    def sample(self, n: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
        """Draw n samples, float32 [n, d]; the same generator state gives the same samples."""
        return self.modes.draw(n, generator).astype(np.float32)


def ring(spec: RingTarget) -> GaussianMixture:
    """Put the modes at k different angles, the first at 0: the end never repeats the start."""
    angles = 2 * np.pi * np.arange(spec.modes) / spec.modes
    centres = spec.radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return _gaussian_mixture(centres, None, spec.std)


def grid(spec: GridTarget) -> GaussianMixture:
    """Put the modes on a square lattice around 0, the first coordinate varying slowest."""
    ticks = spec.spacing * (np.arange(spec.side) - (spec.side - 1) / 2)
    centres = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    return _gaussian_mixture(centres, None, spec.std)


def mixture(spec: MixtureTarget) -> GaussianMixture:
    """Put the modes where they are listed."""
    return _gaussian_mixture(np.array(spec.centres, dtype=float), spec.weights, spec.std)


def _gaussian_mixture(
    centres: Array, weights: Sequence[float] | None, std: float
) -> GaussianMixture:
    equal = np.ones(len(centres))
    return GaussianMixture(
        KnownModes(centres, equal if weights is None else np.array(weights, dtype=float), std)
    )
