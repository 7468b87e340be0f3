"""What a target is, what is asked of its modes, and what is known of one whose modes are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.special import chdtr, chdtrc, chdtri
from scipy.stats import binom

from vistab.targets.covariance import participation_ratio
from vistab.targets.repeats import copied

Array = npt.NDArray[np.float64]
Draw = Callable[[int, np.random.Generator], Array]
"""Draws n samples [n, d] with a generator's random numbers."""

HIGH_QUALITY_STDS: Final = 3.0
"""A sample within this many standard deviations of its nearest mode is of high quality, in up to
two dimensions; in more, within as many as hold the same share of a Gaussian's samples (98.9 %)."""

_REFERENCE_SAMPLES: Final = 2**17  # for overlapping modes: shares good to about 0.1 percent


class Modes(Protocol):
    """Where a target's samples lie, and how a perfect sampler scores there.

    The target's own modes where they are known (`KnownModes`); else bins of its data
    (`vistab.targets.bins.DataBins`). m modes, d features. Equal only to itself.
    """

    def __hash__(self) -> int:
        """By identity."""

    @property
    def centres(self) -> Array:
        """The modes' centres [m, d]."""

    @property
    def count(self) -> int:
        """The number m of modes."""

    @property
    def noun(self) -> str:
        """What to call them: modes, or bins of data."""

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""

    @property
    def std(self) -> float:
        """Standard deviation per feature within a mode; of several, the typical one."""

    @property
    def radii(self) -> Array:
        """How far [m] from its mode's centre a sample may lie to be of high quality."""

    @property
    def fair_shares(self) -> Array:
        """Share [m] of ALL samples of a perfect sampler that are of high quality, by mode."""

    @property
    def ceiling(self) -> float:
        """The share of a perfect sampler's samples that are of high quality."""

    @property
    def high_quality_stds(self) -> Array:
        """Deviation [m] per feature of a perfect sampler's high-quality samples.

        Where a mode is wider in some directions than in others: the fourth root of the mean
        product of two different principal variances.
        """

    @property
    def mean(self) -> Array:
        """The mean [d] of the target."""

    @property
    def rms(self) -> float:
        """Root mean square distance of the target's samples from the target's mean."""

    @property
    def effective_dimension(self) -> int:
        """How many directions the target spreads in: `participation_ratio`, rounded."""

    @property
    def flat(self) -> bool:
        """Does the target not vary at all in some direction (a pixel that is always white)?"""

    def variety(self, samples: Array, spread: Array) -> Array:
        """How many different samples [k, n, d] there are, [k]: 1 for as many as there should be.

        From 0, a single one again and again. spread [k]: within modes, over a perfect sampler's.
        """

    def among(self, samples: Array) -> npt.NDArray[np.bool_]:
        """Are enough of the samples [k, n, d] where the target is, and not between? [k].

        Known modes tell by their radii; of data, bins alone do not.
        """

    def nearest(self, samples: npt.NDArray[np.floating]) -> tuple[Array, npt.NDArray[np.intp]]:
        """Distance to, and index of, the nearest centre of finite samples [..., d]; both [...]."""

    @property
    def groups(self) -> Array:
        """Which modes are asked for together, [g, m] of 0 and 1: each alone, and neighbours.

        Something that goes missing may be spread over several bins, none of which shows it alone.
        """

    @property
    def places(self) -> Array | None:
        """Of more modes than a snapshot has samples: what it can show instead, [p, m] of 0 and 1.

        Each mode is in equally many places. None where a snapshot can show every mode.
        """

    def fewest(self, n: int, part: float, error: float) -> Array:
        """High-quality samples [g] of each group among n, if it has this part of its fair share.

        A sampler has fewer with a probability of at most `error` a group.
        """

    def rehearsal(self, generator: np.random.Generator) -> tuple[Modes, Draw]:
        """How a perfect sampler is rehearsed: what it is compared with, and how it draws.

        Data are compared with other data, drawn from with replacement: half with half.
        """


Shape = tuple[int, ...]
"""Of one sample: (d,), or (channels, height, width) of an image with its d pixels in this order."""


class Target(Protocol):
    """What is to be learned. Samples are rows [n, d], images too."""

    @property
    def shape(self) -> Shape:
        """The shape of one sample; d is its product."""

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""

    @property
    def rms(self) -> float:
        """Root mean square distance of the target's samples from their mean."""

    @property
    def modes(self) -> Modes:
        """Where its samples lie: known modes, or bins of data; in the space of `features`."""

    def features(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Samples [..., d] as [..., f], where `modes` are: few features stay as they are."""

    def sample(self, n: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
        """Draw n samples, float32 [n, d], from the random numbers of `generator` alone."""


@dataclass(frozen=True, eq=False)
class KnownModes:
    """Modes of a mixture of isotropic Gaussians of one width, and how a perfect sampler scores.

    centres [m, d]; weights [m], positive, made to sum to 1; std > 0, in the units of the centres.
    The properties below are exact while the modes are at least two radii apart, and up to then
    ignore the mass (below 0.3 % of a mode) that strays into another mode's ball. Closer modes
    share samples out to the nearest centre: these expectations come from a fixed large sample.

    Raises ValueError when shapes do not fit, two centres coincide, or weights or std are not
    positive.
    """

    centres: Array
    weights: Array
    std: float

    def __post_init__(self) -> None:
        centres = np.array(self.centres, dtype=float)
        weights = np.array(self.weights, dtype=float)
        if centres.ndim != 2 or 0 in centres.shape or weights.shape != centres.shape[:1]:
            raise ValueError(
                "centres must be [m, d] and weights [m], both not empty, "
                f"got {centres.shape} and {weights.shape}"
            )
        if not (self.std > 0 and np.all(weights > 0)):
            raise ValueError("std and all weights must be positive")
        if len(np.unique(centres, axis=0)) < len(centres):
            raise ValueError("no two centres may coincide")
        weights = weights / weights.sum()
        centres.flags.writeable = weights.flags.writeable = False
        object.__setattr__(self, "centres", centres)
        object.__setattr__(self, "weights", weights)

    @property
    def count(self) -> int:
        """The number m of modes."""
        return len(self.weights)

    @property
    def noun(self) -> str:
        """Modes."""
        return "modes"

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""
        return int(self.centres.shape[1])

    @property
    def radius(self) -> float:
        """How far from its mode's centre a sample may lie to be of high quality."""
        return _reach(self.dimension) * self.std

    @property
    def radii(self) -> Array:
        """The radius of each mode, [m]: all the same."""
        return np.full(self.count, self.radius)

    @property
    def mean(self) -> Array:
        """The mean [d] of the target."""
        mean: Array = self.weights @ self.centres
        return mean

    @property
    def rms(self) -> float:
        """Root mean square distance of the target's samples from the target's mean."""
        between = self.weights @ np.sum((self.centres - self.mean) ** 2, axis=1)
        return float(np.sqrt(between + self.within_mode_rms**2))

    @property
    def effective_dimension(self) -> int:
        """How many directions the target spreads in: 2 for a ring, d for a single Gaussian."""
        offsets = self.centres - self.mean
        between = (self.weights[:, None] * offsets).T @ offsets
        return round(participation_ratio(between + self.std**2 * np.eye(self.dimension)))

    @property
    def within_mode_rms(self) -> float:
        """Root mean square distance of a mode's samples from its centre: std x sqrt(d)."""
        return float(self.std * np.sqrt(self.dimension))

    @cached_property
    def fair_shares(self) -> Array:
        """Share [m] of ALL samples of a perfect sampler that are of high quality, by nearest mode.

        Apart from overlaps, weight x chi-square cdf (d degrees of freedom) at the radius squared.
        """
        if self._overlap:
            return self._reference[0]
        return self.weights * float(chdtr(self.dimension, _reach(self.dimension) ** 2))

    @property
    def ceiling(self) -> float:
        """The share of a perfect sampler's samples that are of high quality: 98.9 % in 2-D."""
        return float(self.fair_shares.sum())

    @cached_property
    def high_quality_stds(self) -> Array:
        """Standard deviation [m] per feature of a perfect sampler's high-quality samples.

        Less than `std`, since these samples are cut off at the radius. Apart from overlaps,
        E[R^2 | R < r] / d of the chi distribution = cdf(r^2; d + 2) / cdf(r^2; d), in stds.
        """
        if self._overlap:
            return self._reference[1]
        reach = _reach(self.dimension) ** 2
        square = chdtr(self.dimension + 2, reach) / chdtr(self.dimension, reach)
        return np.full(self.count, self.std * np.sqrt(square))

    @property
    def flat(self) -> bool:
        """Gaussians vary in every direction."""
        return False

    def variety(self, samples: Array, spread: Array) -> Array:
        """Share [k] of samples that copy no other one: those of a density never do."""
        return 1 - copied(samples, self.std)

    def among(self, samples: Array) -> npt.NDArray[np.bool_]:
        """A sample is within a mode's radius or not: there is nothing else to ask."""
        return np.ones(len(samples), dtype=bool)

    def nearest(self, samples: npt.NDArray[np.floating]) -> tuple[Array, npt.NDArray[np.intp]]:
        """Distance to, and index of, the nearest centre of finite samples [..., d]; both [...]."""
        return nearest_in(self._tree, samples)

    @property
    def groups(self) -> Array:
        """Each mode alone, [m, m]."""
        return np.eye(self.count)

    @property
    def places(self) -> None:
        """Snapshots can show every mode."""

    def fewest(self, n: int, part: float, error: float) -> Array:
        """Quantiles [m] of binomial counts: the shares are known."""
        return np.asarray(binom.ppf(error, n, part * self.fair_shares))

    def rehearsal(self, generator: np.random.Generator) -> tuple[Modes, Draw]:
        """The density's own draws, compared with its own modes."""
        return self, self.draw

    def draw(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n samples [n, d]: modes, by inverting the weights' cumulative sum, then noise."""
        cumulative = np.cumsum(self.weights)
        uniform = generator.random(n) * cumulative[-1]
        which = np.minimum(np.searchsorted(cumulative, uniform, side="right"), self.count - 1)
        noise = generator.standard_normal((n, self.dimension))
        return np.asarray(self.centres[which] + self.std * noise)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.centres)

    @property
    def _overlap(self) -> bool:
        """Do any two modes' balls of high quality meet?"""
        return bool(len(self._tree.query_pairs(2 * self.radius * (1 - 1e-9))))

    @cached_property
    def _reference(self) -> tuple[Array, Array]:
        """Shares and stds of high-quality samples, from a fixed sample of the target itself."""
        rng = np.random.default_rng(0)
        which = rng.choice(self.count, size=_REFERENCE_SAMPLES, p=self.weights)
        noise = self.std * rng.standard_normal((_REFERENCE_SAMPLES, self.dimension))
        samples = self.centres[which] + noise
        distance, mode = self.nearest(samples)
        good = distance <= self.radius
        mode, offset = mode[good], samples[good] - self.centres[mode[good]]
        counts = np.bincount(mode, minlength=self.count)
        mean, square = (_by_mode(mode, offset**power, counts) for power in (1, 2))
        variance = np.mean(square - mean**2, axis=1)
        return counts / _REFERENCE_SAMPLES, np.sqrt(variance)


def nearest_in(
    tree: cKDTree, samples: npt.NDArray[np.floating]
) -> tuple[Array, npt.NDArray[np.intp]]:
    """Distance to, and index of, the nearest point of the tree, for samples [..., d]; both [...].

    From too far away for a finite distance it is infinite, and the index that of the last point.
    """
    distance, index = tree.query(samples)
    return np.asarray(distance), np.minimum(index, tree.n - 1).astype(np.intp)


def _reach(dimension: int) -> float:
    """The radius of high quality in stds: 3, and in more than two dimensions what 3 are in two."""
    if dimension <= 2:
        return HIGH_QUALITY_STDS
    return float(np.sqrt(chdtri(dimension, chdtrc(2, HIGH_QUALITY_STDS**2))))


def _by_mode(mode: npt.NDArray[np.intp], values: Array, counts: npt.NDArray[np.intp]) -> Array:
    """Means [m, d] of the rows of `values` [n, d] that belong to each mode; 0 for an empty mode."""
    sums = [np.bincount(mode, column, len(counts)) for column in values.T]
    return np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
