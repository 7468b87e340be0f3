"""Near-duplicates, as in the birthday test.

S. Arora and Y. Zhang, "Do GANs actually learn the distribution?", 2017 (arXiv 1706.08224): a
generator of N different images repeats one among about sqrt(N) samples. They look at the closest
pairs; here the distance that counts as close is the reference's own.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def nearest_other(samples: np.ndarray) -> np.ndarray:
    """Distance [n] from each of samples [n, f] to the nearest other one."""
    distance, _ = cKDTree(samples).query(samples, k=2)
    return distance[:, 1]


def duplicate_distance(reference: np.ndarray, n: int, share: float = 0.01) -> float:
    """The distance within which this share of n reference data have a neighbour.

    reference [m, f] in random order, of which the first n are taken; all if there are fewer.
    """
    return float(np.quantile(nearest_other(reference[:n]), share))


def near_duplicates(samples: np.ndarray, within: float) -> float:
    """Share of samples [n, f] that have another one within this distance."""
    return float(np.mean(nearest_other(samples) <= within))
