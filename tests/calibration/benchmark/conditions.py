"""Others' measures as further conditions of a healthy snapshot, with thresholds of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from candidates.covering import covered_share, neighbours_to_cover
from candidates.different_bins import different_bins
from candidates.duplicates import duplicate_distance, near_duplicates
from candidates.vendi import rbf_vendi
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans

from benchmark.rivals import PER_BIN
from benchmark.targets import seeded
from vistab.fidelity.measure import WIDE
from vistab.fidelity.neighbours import neighbour_radii, neighbourhoods

SPLITS, DRAWS = 20, 10  # ways to divide the reference, and fresh draws of each
PASS = 0.99  # of fresh draws

NAMES = (
    *("precision", "recall", "density", "coverage", "coverage, k chosen for n"),
    *("bins that differ", "Vendi score of order 2", "near-duplicates"),
)


@dataclass(frozen=True, eq=False)
class Yardstick:
    """Data [m, f] that n samples at a time are compared with.

    radii [m]: to the 5th nearest other datum; wide [m]: to as many as n samples reach. cells: 50
    data each. bandwidth: the median distance of two data. same: what counts as a duplicate.
    """

    data: np.ndarray
    n: int
    radii: np.ndarray
    wide: np.ndarray
    cells: KMeans
    bandwidth: float
    same: float

    @classmethod
    def of(cls, data: np.ndarray, n: int) -> Yardstick:
        """Learn it from data in random order."""
        return cls(
            data,
            n,
            neighbour_radii(data, WIDE),
            neighbour_radii(data, max(WIDE, neighbours_to_cover(n, len(data)))),
            KMeans(len(data) // PER_BIN, n_init=1, random_state=0).fit(data),
            float(np.median(pdist(data))),
            duplicate_distance(data, n),
        )

    def scores(self, samples: np.ndarray) -> np.ndarray:
        """How strongly each of `NAMES` speaks against samples [at least n, f]; NaN if not finite.

        n of them are taken at random, always the same ones.
        """
        if not np.isfinite(samples).all():
            return np.full(len(NAMES), np.nan)
        some = samples[seeded("some").permutation(len(samples))[: self.n]]
        near = neighbourhoods(some, self.data, self.radii, WIDE)
        low = (near.precision, near.recall, near.density, near.coverage)
        low += (covered_share(some, self.data, self.wide),)
        found, expected = (
            np.bincount(labels, minlength=self.cells.n_clusters)
            for labels in (self.cells.predict(some), self.cells.labels_)
        )
        vendi = rbf_vendi(some, self.bandwidth, order=2)
        differ, same = different_bins(found, expected), near_duplicates(some, self.same)
        return np.array([*(-value for value in low), differ, -vendi, same])


@dataclass(frozen=True, eq=False)
class Conditions:
    """A yardstick, and for each of `NAMES` the highest score that still passes."""

    yardstick: Yardstick
    highest: np.ndarray

    @classmethod
    def of(cls, data: np.ndarray, n: int) -> Conditions:
        """From reference data [m, f]: one half is the yardstick, the other is drawn from.

        Without replacement, so that n is at most the size of a half. Over several ways to divide
        them, 99 % of the draws pass.
        """
        rng = seeded("divide", n)
        scores, yardsticks = [], []
        for _ in range(SPLITS):
            half, rest = np.array_split(rng.permutation(data), 2)
            yardsticks.append(Yardstick.of(half, min(n, len(rest))))
            draws = (rng.permutation(rest) for _ in range(DRAWS))
            scores += [yardsticks[-1].scores(drawn) for drawn in draws]
        return cls(yardsticks[0], np.quantile(scores, PASS, axis=0, method="higher"))

    def failed(self, samples: np.ndarray) -> np.ndarray:
        """Which of `NAMES` flag samples [n, f]; none if they are not finite."""
        return self.yardstick.scores(samples) > self.highest
