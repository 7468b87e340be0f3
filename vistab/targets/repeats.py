"""Does a sampler give the same few samples again and again? The birthday test.

S. Arora and Y. Zhang, "Do GANs actually learn the distribution?", 2017 (arXiv 1706.08224): of N
different samples that are equally likely, n draws hold a repeated one with a share of
1 - exp(-n / N). What counts as the same is told by how close real data come to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[np.float64]

_SAME: Final = 0.01  # copies: closer along a line than this part of std / n, rare by chance

_DRAWN: Final = 8  # samples are tested a part of so many data at a time: as many as data would do

_CLOSE: Final = 0.01  # share of data that have another one within the distance that counts as same

_BY_CHANCE: Final = 0.1  # share of samples that blur and chance bring as close


def copied(samples: Array, std: float) -> Array:
    """Share [k] of samples [k, n, d] that copy another one, seen along a fixed slanted line."""
    n = samples.shape[1]
    slant = np.sqrt(np.arange(2, samples.shape[2] + 2))  # rationally independent enough
    line = np.sort(samples @ (slant / np.linalg.norm(slant)), axis=1)
    return np.asarray(np.sum(np.diff(line, axis=1) < _SAME * std / n, axis=1) / n)


@dataclass(frozen=True)
class Likeness:
    """How close data come to each other.

    size: the number of data. drawn: samples that are tested at a time, at most. distance: within
    which 1 % of so many data have another one. usual: share of them that have, more if data repeat.
    """

    size: int
    drawn: int
    distance: float
    usual: float

    @classmethod
    def of(cls, data: Array) -> Likeness:
        """Learn it from data [m, d]."""
        order = np.random.default_rng(0).permutation(len(data))
        drawn = max(2, len(data) // _DRAWN)
        few, others = data[order[:drawn]], data[order[drawn:]]
        nearest, _ = cKDTree(few).query(others)
        distance = float(np.quantile(nearest, _CLOSE))
        return cls(len(data), drawn, distance, float(np.mean(nearest <= distance)))

    def variety(self, samples: Array, spread: float) -> float:
        """Number of different samples behind samples [n, d], over that of the data; at most 1.

        spread: of samples within their modes, over the data's. Narrow ones are close to each other
        without being the same, so that the distance shrinks with it.
        """
        order = np.random.default_rng(0).permutation(len(samples))  # theirs may mean something
        some = samples[order[: self.drawn]]
        nearest, _ = cKDTree(some).query(some, k=[2])
        same = float(np.mean(nearest <= self.distance * min(1.0, spread)))
        repeated = min(max(0.0, same - self.usual - _BY_CHANCE), 1 - 1e-9)
        different = len(some) / -np.log1p(-repeated) if repeated else np.inf
        return float(min(1.0, different / self.size))
