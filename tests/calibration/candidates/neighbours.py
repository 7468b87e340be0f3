"""Samples against reference data by the balls that reach to each point's k-th nearest neighbour.

Precision and recall: T. Kynkaanniemi et al., "Improved precision and recall metric for assessing
generative models", 2019 (arXiv 1904.06991). Density and coverage: M. F. Naeem et al., "Reliable
fidelity and diversity metrics for generative models", 2020 (arXiv 2002.09797).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

Array = npt.NDArray[np.float64]

NEIGHBOURS: Final = 5
"""The k of Naeem et al.: large enough that one stray point makes no large ball."""

COVERED: Final = 1 - 2**-5
"""Coverage of a perfect sampler that is aimed at: what k = 5 gives for as many samples as data."""

_AT_ONCE: Final = 2**21  # distances in memory, 16 MB


@dataclass(frozen=True)
class Neighbourhoods:
    """How far samples and reference data lie within each other's balls.

    precision  share of samples within a ball of the reference
    recall     share of the reference within a ball of the samples
    density    how many balls of the reference a sample lies in, on average, over k: 1 on average
               for a perfect sampler, more where samples crowd into the middle of the data
    coverage   share of the reference's balls that hold a sample
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours_to_cover(n: int, m: int, coverage: float = COVERED) -> int:
    """The smallest k at which n samples of a perfect sampler have this coverage of m data.

    It is 1 - (m-1)...(m-k) / (m+n-1)...(m+n-k) on average, whatever the distribution (Naeem et
    al.). Fewer samples ask for larger balls: with a fixed k most balls would be empty by chance
    alone, and a missing mode would not stand out.
    """
    i = np.arange(1, m)
    missed = np.cumprod((m - i) / (m + n - i))
    return min(int(np.sum(missed > 1 - coverage)) + 1, m - 1)


def neighbour_radii(points: Array, k: int = NEIGHBOURS) -> Array:
    """Distance [n] of each of points [n, f] to its k-th nearest other one; copies are others.

    Raises ValueError when there are not more than k >= 1 points.
    """
    if not 1 <= k < len(points):
        raise ValueError(
            f"more than k points and k of at least 1 are needed, got {len(points)}, {k}"
        )
    blocks = _distances(points, points)
    return np.concatenate([np.partition(distance, k, axis=1)[:, k] for distance in blocks])


def neighbourhoods(
    samples: Array, reference: Array, radii: Array, k: int = NEIGHBOURS
) -> Neighbourhoods:
    """Compare samples [n, f] with reference [m, f], whose `neighbour_radii` [m] for k are given.

    Balls are closed, as those of Kynkaanniemi et al.: copies of one point reach each other. All but
    the density depend on n and m even for a perfect sampler: compare scores at one size only.

    Raises ValueError when there are not more than k >= 1 samples.
    """
    own_radii = neighbour_radii(samples, k)
    balls = np.zeros(len(samples))  # of the reference, that each sample lies in
    recalled = covered = 0
    start = 0
    for distance in _distances(reference, samples):
        within = distance <= radii[start : start + len(distance), None]
        balls += within.sum(axis=0)
        covered += int(within.any(axis=1).sum())
        recalled += int((distance <= own_radii).any(axis=1).sum())
        start += len(distance)
    return Neighbourhoods(
        precision=float(np.mean(balls > 0)),
        recall=recalled / len(reference),
        density=float(balls.mean() / k),
        coverage=covered / len(reference),
    )


def covered_share(samples: Array, reference: Array, radii: Array) -> float:
    """The coverage alone, of reference [m, f] with radii [m] by samples [n, f], n >= 1."""
    nearest = [distance.min(axis=1) for distance in _distances(reference, samples)]
    return float(np.mean(np.concatenate(nearest) <= radii))


def _distances(rows: Array, columns: Array) -> Iterator[Array]:
    """Distances [b, c] between rows [r, f] and columns [c, f], a few rows at a time."""
    step = max(1, _AT_ONCE // len(columns))
    for start in range(0, len(rows), step):
        yield cdist(rows[start : start + step], columns)
