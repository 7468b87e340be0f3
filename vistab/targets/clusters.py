"""Where data lie: the centres of their clusters, or of bins that cut them up evenly."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, ward
from scipy.cluster.vq import kmeans2

from vistab.targets.base import Array

_LINKED: Final = 1500  # data that the tree is made of, at most: it costs their square

MOST_MODES: Final = 100
"""Clusters that are looked for, at most."""

_GAP: Final = 3.0  # between two merges of the tree; a line of even density has 2^1.5, a blob less

_FEWEST: Final = 10  # data in a bin: so many that half of them have a spread still


def bin_centres(data: Array, count: int) -> tuple[Array, bool]:
    """Centres [k, d] of the clusters of data [m, d] if it has any, else of `count` bins; and which.

    Ward's tree of the data is cut where the height of its merges jumps, if it does; else into
    `count` parts. Then k-means from there. Always the same for the same data.
    """
    linked = data[:: -(-len(data) // _LINKED)]
    tree = ward(linked)
    clusters = _clusters(tree[:, 2])
    label = fcluster(tree, clusters or count, criterion="maxclust")
    starts = np.stack([linked[label == i].mean(axis=0) for i in np.unique(label)])
    return _refined(data, starts), clusters is not None


def _clusters(heights: Array) -> int | None:
    """Number of clusters before the first jump of the merges' heights; None without one."""
    last = heights[-min(MOST_MODES, len(heights) // _FEWEST) :]
    found = np.flatnonzero((last[1:] >= _GAP * last[:-1]) & (last[1:] > 0))
    return len(last) - int(found[0]) if len(found) else None


def _refined(data: Array, centres: Array) -> Array:
    """k-means from these centres; bins too small to have a spread are given up."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bins that lost all their data: they are the least
            centres, label = kmeans2(data, centres, iter=20, minit="matrix")
        counts = np.bincount(label, minlength=len(centres))
        if counts.min() >= _FEWEST:
            return np.asarray(centres)
        centres = np.delete(centres, counts.argmin(), axis=0)
