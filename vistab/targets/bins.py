"""Bins of data that stand in for modes where none are known.

E. Richardson and Y. Weiss, "On GANs and GMMs", 2018 (arXiv 1805.12462): cut the data into k-means
cells, and compare a model's share of samples in each with the data's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import ward
from scipy.spatial import cKDTree
from scipy.stats import betabinom

from vistab.targets.base import Array, Draw, Modes, nearest_in
from vistab.targets.clusters import bin_centres
from vistab.targets.covariance import mean_pair_product, participation_ratio
from vistab.targets.nearness import Nearness
from vistab.targets.repeats import Likeness

HIGH_QUALITY: Final = 0.99
"""A sample is of high quality within the distance from its bin's centre that this share of the
bin's own data keeps: about what 3 std are to a Gaussian mode in two dimensions."""

_BIN: Final = 40  # data

_MOST_BINS: Final = 50

_LARGEST_GROUP: Final = 0.2  # of all data; what is larger shows in its parts

_FEWEST: Final = 5  # data of half a bin that it takes to have a spread to compare with


@dataclass(frozen=True, eq=False)
class DataBins:
    """k-means cells of a data set, and how samples drawn from that set score: `Modes`.

    data [N, d]; centres [m, d], each with data of its own. `DataBins.of` finds the centres. noun:
    bins, or modes where the data have clusters.
    """

    data: Array
    centres: Array
    noun: str = "bins"

    @classmethod
    def of(cls, data: npt.NDArray[np.floating], count: int) -> DataBins:
        """Bins of data [N, d], always the same ones: its clusters if it has any, else `count`.

        Data of clusters that are too small to say anything of are left out.
        """
        rows = np.asarray(data, dtype=float)
        centres, clustered = bin_centres(rows, count)
        if clustered is None:
            return cls(rows, centres)
        return cls(rows[clustered], centres, "modes")

    @property
    def count(self) -> int:
        """The number m of bins."""
        return len(self.centres)

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""
        return int(self.centres.shape[1])

    @cached_property
    def std(self) -> float:
        """Root mean square distance of the data from their bins' centres, per feature."""
        distance, _ = self._own
        return float(np.sqrt(np.mean(distance**2) / self.dimension))

    @cached_property
    def radii(self) -> Array:
        """The distance [m] from a bin's centre within which 99 % of its own data lie."""
        distance, index = self._own
        bins = range(self.count)
        return np.array([np.quantile(distance[index == i], HIGH_QUALITY) for i in bins])

    @cached_property
    def fair_shares(self) -> Array:
        """Share [m] of all data that are of high quality, by bin."""
        _, index = self._own
        return np.bincount(index[self._good], minlength=self.count) / len(self.data)

    @property
    def ceiling(self) -> float:
        """The share of the data that are of high quality: 99 %, but for rounding."""
        return float(self.fair_shares.sum())

    @cached_property
    def high_quality_stds(self) -> Array:
        """Deviation [m] per feature of each bin's high-quality data, as `Modes` has it."""
        _, index = self._own
        return np.array(
            [_deviation(self.data[self._good & (index == i)]) for i in range(self.count)]
        )

    @cached_property
    def mean(self) -> Array:
        """The mean [d] of the data."""
        return np.asarray(self.data.mean(axis=0))

    @cached_property
    def rms(self) -> float:
        """Root mean square distance of the data from their mean."""
        return float(np.sqrt(np.mean(np.sum((self.data - self.mean) ** 2, axis=1))))

    @cached_property
    def effective_dimension(self) -> int:
        """How many directions the data spread in."""
        return round(participation_ratio(_covariance(self.data)))

    @cached_property
    def flat(self) -> bool:
        """Do the data not vary at all in some direction?"""
        return bool(np.linalg.matrix_rank(self.data - self.mean) < self.dimension)

    def variety(self, samples: Array, spread: Array) -> Array:
        """Number of different samples over that of the data, [k]: `Likeness`."""
        pairs = zip(samples, spread, strict=True)
        return np.array([self._likeness.variety(*pair) for pair in pairs])

    def among(self, samples: Array) -> npt.NDArray[np.bool_]:
        """Are enough of the samples [k, n, d] where data are? [k]: `Nearness`."""
        return np.array([self._nearness.among(rows) for rows in samples])

    def nearest(self, samples: npt.NDArray[np.floating]) -> tuple[Array, npt.NDArray[np.intp]]:
        """Distance to, and index of, the nearest centre of finite samples [..., d]; both [...]."""
        return nearest_in(self._tree, samples)

    @cached_property
    def groups(self) -> Array:
        """Each bin alone, and those that a tree of their centres joins, up to a fifth of all data.

        A class of images fills several bins: with few samples their sum alone shows its loss.
        """
        tree = ward(self.centres) if self.count > 1 else np.empty((0, 4))
        found = list(np.eye(self.count))
        for left, right in tree[:, :2].astype(int):
            found.append(found[left] + found[right])
        small = [one @ self.fair_shares <= _LARGEST_GROUP for one in found]
        alone = np.arange(len(found)) < self.count
        return np.stack(found)[alone | small]

    @property
    def places(self) -> None:
        """Snapshots can show every bin."""

    def fewest(self, n: int, part: float, error: float) -> Array:
        """Quantiles [g] of beta-binomial counts: the data are a sample themselves (Jeffreys)."""
        counts, size = part * len(self.data) * self.groups @ self.fair_shares, len(self.data)
        return np.asarray(betabinom.ppf(error, n, counts + 0.5, size - counts + 0.5))

    def rehearsal(self, generator: np.random.Generator) -> tuple[Modes, Draw]:
        """One half of the data, compared with the bins as the other half fills them."""
        half, rest = np.array_split(generator.permutation(self.data), 2)
        counts = np.bincount(self.nearest(half)[1], minlength=self.count)
        yardstick = replace(self, data=half, centres=self.centres[counts >= _FEWEST])
        return yardstick, lambda n, generator: rest[generator.integers(len(rest), size=n)]

    @cached_property
    def _nearness(self) -> Nearness:
        return Nearness.of(self.data)

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness.of(self.data)

    @cached_property
    def _own(self) -> tuple[Array, npt.NDArray[np.intp]]:
        """Distance to, and index of, the nearest centre of the data, both [N]."""
        return self.nearest(self.data)

    @cached_property
    def _good(self) -> npt.NDArray[np.bool_]:
        """The data [N] that are of high quality."""
        distance, index = self._own
        return np.asarray(distance <= self.radii[index])

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.centres)


def bin_count(n: int) -> int:
    """Into how many bins to cut n data that have no clusters: one for 40 of them, 50 at most.

    Finer ones are styles rather than modes.
    """
    return min(n // _BIN, _MOST_BINS)


def _covariance(rows: Array) -> Array:
    """The covariance [d, d] of rows [n, d]; `np.cov` alone gives a bare number for d = 1."""
    return np.atleast_2d(np.cov(rows, rowvar=False))


def _deviation(rows: Array) -> float:
    """Fourth root of the mean product of two different principal variances of rows [n, d]."""
    covariance = _covariance(rows)
    trace, square = np.array([np.trace(covariance), np.sum(covariance**2)])
    return float(mean_pair_product(trace, square, len(covariance)) ** 0.25)
