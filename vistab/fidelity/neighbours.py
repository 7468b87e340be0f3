"""Samples against reference data by the balls that reach to each point's k-th nearest neighbour.

Precision and recall: T. Kynkaanniemi et al., "Improved precision and recall metric for assessing
generative models", 2019 (arXiv 1904.06991). Density and coverage: M. F. Naeem et al., "Reliable
fidelity and diversity metrics for generative models", 2020 (arXiv 2002.09797).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vistab.fidelity.blocks import squared_distances

Array = npt.NDArray[np.float64]


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


def neighbour_radii(points: Array, k: int) -> Array:
    """Distance [n] of each of points [n, f] to its k-th nearest other one; copies are others.

    Raises ValueError when there are not more than k >= 1 points.
    """
    if not 1 <= k < len(points):
        raise ValueError(
            f"more than k points and k of at least 1 are needed, got {len(points)}, {k}"
        )
    blocks = squared_distances(points, points)
    squares = np.concatenate([np.partition(block, k, axis=1)[:, k] for block in blocks])
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def neighbourhoods(samples: Array, reference: Array, radii: Array, k: int) -> Neighbourhoods:
    """Compare samples [n, f] with reference [m, f], whose `neighbour_radii` [m] for k are given.

    Balls are closed, as those of Kynkaanniemi et al.: copies of one point reach each other. All but
    the density depend on n and m even for a perfect sampler: compare scores at one size only.

    Raises ValueError when there are not more than k >= 1 samples.
    """
    own_squares, squares = neighbour_radii(samples, k) ** 2, radii**2
    balls = np.zeros(len(samples))  # of the reference, that each sample lies in
    recalled = covered = 0
    start = 0
    for distance in squared_distances(reference, samples, least=True):
        within = distance <= squares[start : start + len(distance), None]
        balls += within.sum(axis=0)
        covered += int(within.any(axis=1).sum())
        recalled += int((distance <= own_squares).any(axis=1).sum())
        start += len(distance)
    return Neighbourhoods(
        precision=float(np.mean(balls > 0)),
        recall=recalled / len(reference),
        density=float(balls.mean() / k),
        coverage=covered / len(reference),
    )
