"""Where data lie: the centres of their clusters, or of bins that cut them up evenly."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, ward
from scipy.cluster.vq import kmeans2

from vistab.targets.base import Array
from vistab.targets.covariance import participation_ratio

Flags = npt.NDArray[np.bool_]

_LINKED: Final = 1500  # data that the tree is made of, at most: it costs their square

MOST_MODES: Final = 100
"""Clusters that are looked for, at most."""

_GAP: Final = 3.0  # between two merges of the tree of a line; one of even density has 2^1.5

_LEAST_GAP: Final = 1.75  # in many dimensions, where blobs and images have up to 1.35

_FEWEST: Final = 10  # data in a bin: so many that half of them have a spread still

_FEW: Final = 20  # data in a cluster that is small among the others: fewer say little of its share

_SMALL: Final = 0.25  # of an even share

_RARE: Final = 0.1  # of the data, at most, may be in clusters that are left out


def bin_centres(data: Array, count: int) -> tuple[Array, Flags | None]:
    """Centres [k, d] of the clusters of data [m, d] if it has any, else of `count` bins.

    Ward's tree of the data is cut where the height of its merges jumps, if it does; else into
    `count` parts. Then k-means from there. Always the same for the same data. Also which data [m]
    the clusters hold: those of rare ones, too few to tell their spread, are none of the others'.
    None for bins.
    """
    linked = data[:: -(-len(data) // _LINKED)]
    tree = ward(linked)
    clusters = _clusters(tree[:, 2], _gap(linked))
    if clusters is not None:
        centres, label = _means(data, _starts(linked, tree, clusters))
        counts = np.bincount(label, minlength=len(centres))
        common = counts >= max(_FEWEST, min(_FEW, _SMALL * len(data) / len(centres)))
        if np.mean(common[label]) >= 1 - _RARE:
            return centres[common], common[label]
    return _refined(data, _starts(linked, tree, count)), None


def _starts(linked: Array, tree: Array, count: int) -> Array:
    """Means [k, d] of the parts that the tree of these data is cut into."""
    label = fcluster(tree, count, criterion="maxclust")
    return np.stack([linked[label == i].mean(axis=0) for i in np.unique(label)])


def _gap(data: Array) -> float:
    """By how much heights jump between clusters, and never within: less in many dimensions.

    Two parts of even density have twice the data, in 2^(1/d) times the width: 2^(1/2 + 1/d).
    """
    covariance = np.atleast_2d(np.cov(data, rowvar=False))
    dimension = participation_ratio(covariance) if covariance.any() else 1.0
    return max(_LEAST_GAP, _GAP * 2 ** (1 / dimension - 1))


def _clusters(heights: Array, gap: float) -> int | None:
    """Number of clusters before the first jump of the merges' heights; None without one."""
    last = heights[-min(MOST_MODES, len(heights) // _FEWEST) :]
    found = np.flatnonzero((last[1:] >= gap * last[:-1]) & (last[1:] > 0))
    return len(last) - int(found[0]) if len(found) else None


def _refined(data: Array, centres: Array) -> Array:
    """k-means from these centres; bins too small to have a spread are given up."""
    while True:
        centres, label = _means(data, centres)
        counts = np.bincount(label, minlength=len(centres))
        if counts.min() >= _FEWEST:
            return np.asarray(centres)
        centres = np.delete(centres, counts.argmin(), axis=0)


def _means(data: Array, centres: Array) -> tuple[Array, npt.NDArray[np.intp]]:
    """Centres [k, d] by k-means from these, and the index [m] of each datum's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bins that lost all their data: they are the least
        centres, label = kmeans2(data, centres, iter=20, minit="matrix")
    return np.asarray(centres), np.asarray(label, dtype=np.intp)
