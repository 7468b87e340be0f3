"""Regions of data that stand in for modes where none are known."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, ward
from scipy.cluster.vq import kmeans2

from vistab.targets.base import Array

_LINKED: Final = 1500  # data that the tree is made of, at most: it costs their square

_MOST_MODES: Final = 100

_GAP: Final = 3.0  # between two merges of the tree; a line of even density has 2^1.5, a blob less

_FEWEST: Final = 5  # data in a region: halves of it have a spread still


def region_centres(data: Array, count: int) -> Array:
    """Centres [k, d] of the regions of data [m, d]: its own clusters if it has any, else `count`.

    Ward's tree of the data is cut where the height of its merges jumps, if it does; else into
    `count` regions. Then k-means from there. Always the same for the same data.
    """
    linked = data[:: -(-len(data) // _LINKED)]
    tree = ward(linked)
    k = _clusters(tree[:, 2]) or count
    label = fcluster(tree, k, criterion="maxclust")
    return _refined(data, np.stack([linked[label == i].mean(axis=0) for i in np.unique(label)]))


def _clusters(heights: Array) -> int | None:
    """Number of clusters before the first jump of the merges' heights; None without one."""
    last = heights[-min(_MOST_MODES, len(heights) - 1) :]
    jumps = last[1:] / np.maximum(last[:-1], np.finfo(float).tiny)
    found = np.flatnonzero(jumps >= _GAP)
    return len(last) - int(found[0]) if len(found) else None


def _refined(data: Array, centres: Array) -> Array:
    """k-means from these centres; regions too small to have a spread are given up."""
    while True:
        centres, label = kmeans2(data, centres, iter=20, minit="matrix", missing="raise")
        counts = np.bincount(label, minlength=len(centres))
        if counts.min() >= _FEWEST:
            return np.asarray(centres)
        centres = centres[counts > counts.min()]
