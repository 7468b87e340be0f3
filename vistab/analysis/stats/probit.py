"""Runs as correlated standard normals: what a share, a time or a shift of them comes to.

The normal variable of a run is sqrt(r) x its replicate's + sqrt(1 - r) x its own, both standard:
runs of one replicate have correlation r, runs of two have none (a probit model with a random
intercept; a Gaussian copula). An event happens to a run whose variable lies below a quantile.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

Floats = npt.NDArray[np.float64]

SHARED = ndtri((np.arange(2000) + 0.5) / 2000)
"""The replicate's own normal, at the midpoints of 2,000 equally likely steps."""


def correlated_normals(
    replicates: npt.NDArray[np.intp], correlation: float, generator: np.random.Generator
) -> Floats:
    """A standard normal for each run; `replicates` [runs] says which replicate (0, 1, ...)."""
    shared = generator.standard_normal(int(replicates.max()) + 1)
    own = generator.standard_normal(len(replicates))
    normals: Floats = math.sqrt(correlation) * shared[replicates] + math.sqrt(1 - correlation) * own
    return normals


def mean_longest_stretch(share: float, n_levels: int, correlation: float) -> float:
    """Mean length of the longest unbroken stretch of healthy runs, if `share` of them fail.

    Given the shared normal the runs fail independently; the chance of a stretch of k or more then
    follows from one level to the next, and the mean is the sum of these chances over k.
    """
    with np.errstate(divide="ignore"):
        failing = ndtr(
            (ndtri(share) - math.sqrt(correlation) * SHARED) / math.sqrt(1 - correlation)
            if correlation < 1
            else np.inf * (ndtri(share) - SHARED)
        )
    lengths = range(1, n_levels + 1)
    return float(sum(chance_of_stretch(1 - failing, k, n_levels).mean() for k in lengths))


def chance_of_stretch(healthy: Floats, length: int, n_levels: int) -> Floats:
    """Chance that `n_levels` independent runs hold `length` healthy ones in a row; any shape.

    A stretch ends first at level n with its `length` runs healthy, the one before them failed, and
    no stretch before that.
    """
    so_far = [np.zeros_like(healthy)] * length
    for level in range(length, n_levels + 1):
        first = healthy**length
        if level > length:
            first = first * (1 - healthy) * (1 - so_far[level - length - 1])
        so_far.append(so_far[-1] + first)
    return so_far[-1]


def net_share_won(shift: float, failing: float, correlation: float) -> float:
    """Share of pairs of runs of one replicate won less share lost, by variables `shift` apart.

    The larger variable wins; all those below the quantile `failing` are equal.
    """
    bar, unlike = ndtri(failing), 1 - correlation
    spread = [[2 * unlike, unlike], [unlike, 1.0]]
    # the winner is above the other and above the bar: two normals below their bounds
    won = multivariate_normal.cdf([shift, shift - bar], cov=spread)
    lost = multivariate_normal.cdf([-shift, -bar], cov=spread)
    return float(won - lost)


def mean_time(share: float, rounds: float) -> float:
    """mean(min(T, rounds)) of a time T that is uniform between 0 and rounds / share."""
    return rounds * (1 - share / 2) if share <= 1 else rounds / (2 * share)


def share_with_mean_time(mean: float, rounds: float) -> float:
    """The share at which mean(min(T, rounds)) is `mean`; above 1 all have T < rounds."""
    return 2 * (1 - mean / rounds) if 2 * mean >= rounds else rounds / (2 * mean)
