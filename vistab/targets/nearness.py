"""Do samples lie where data are? Noise with the data's mean and covariance lies between them.

T. Kynkaanniemi et al., "Improved Precision and Recall Metric", 2019 (arXiv 1904.06991), ask whether
a sample is within reach of some datum: no farther than its k-th nearest other one. Here the nearest
datum alone is asked, and only few samples have to be within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[np.float64]

_NEIGHBOURS: Final = 5

_ENOUGH: Final = 0.25  # of the samples: networks that fit well have 0.3 to 0.5, noise under 0.2

_LOOKED_AT: Final = 400  # samples of a snapshot

_MIDDLE: Final = 0.01  # share of data that lie as close to their mean


@dataclass(frozen=True, eq=False)
class Nearness:
    """Where data lie. tree of them; reach [N]: to each one's fifth nearest other one; mean [d].

    least: the distance from the mean at which data begin; 0 if they lie at the mean too.
    """

    tree: cKDTree
    reach: Array
    mean: Array
    least: float

    @classmethod
    def of(cls, data: Array) -> Nearness:
        """Learn it from data [N, d]."""
        tree, mean = cKDTree(data), data.mean(axis=0)
        reach = np.asarray(tree.query(data, k=[min(_NEIGHBOURS + 1, len(data))])[0])[:, 0]
        to_the_mean, nearest = map(np.asarray, tree.query(mean[None]))
        hollow = bool(to_the_mean[0] > reach[nearest[0]])
        begin = np.quantile(np.linalg.norm(data - mean, axis=1), _MIDDLE)
        return cls(tree, reach, np.asarray(mean), float(begin) if hollow else 0.0)

    def among(self, samples: Array) -> bool:
        """Are a quarter of finite samples [n, d] within reach of a datum, and off the middle?"""
        some = samples[:: -(-len(samples) // _LOOKED_AT)]
        distance, index = self.tree.query(some)
        near = distance <= self.reach[np.minimum(index, self.tree.n - 1)]
        with np.errstate(over="ignore"):
            near &= np.linalg.norm(some - self.mean, axis=1) >= self.least
        return bool(near.mean() >= _ENOUGH)
