"""What a number of replicates can show, known before any run."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from vistab.analysis.stats.betting import betting_interval

MOST_REPLICATES = 1_000_000
"""More than this is nobody's plan: it counts as no number at all."""


def smallest_p(n_replicates: int) -> float:
    """The smallest p that a sign-flip test over so many replicates can reach: 2 / 2^n."""
    return 2.0 ** (1 - n_replicates)


def least_half_width(n_replicates: int, most: float, alpha: float) -> float:
    """Half the interval for a difference of at most `most` that is 0 in every replicate."""
    return betting_interval(np.zeros(n_replicates), (-most, most), alpha)[1]


def replicates_within(margin: float, most: float, alpha: float) -> int | None:
    """The smallest number at which that interval lies within `margin`; None past 10,000."""
    enough = range(1, 10_001)
    found = bisect_left(enough, -margin, key=lambda n: -least_half_width(n, most, alpha))
    return enough[found] if found < len(enough) else None


def replicates_for_p(effects: Sequence[float], alpha: float) -> int | None:
    """Smallest n at which effects of this mean and spread would reach p <= `alpha`.

    n is the larger of two: the n whose smallest reachable p is alpha, and the n at which
    mean x sqrt(n) / rms is the normal quantile of alpha / 2 (the sign-flip null has mean 0 and
    standard deviation rms / sqrt(n)). None if the mean is 0 or nearly so: no number would do.
    """
    values = np.asarray(effects, dtype=np.float64)
    mean, rms = abs(float(values.mean())), math.sqrt(float(np.mean(values**2)))
    if mean == 0:
        return None
    ratio = NormalDist().inv_cdf(1 - alpha / 2) * rms / mean
    return whole(max(1 - math.log2(alpha), ratio * ratio))


def replicates_for_interval(n: int, half_width: float, distance: float) -> int | None:
    """Smallest number at which an interval, now `half_width` wide at `n`, is `distance` wide.

    Widths shrink as 1 / sqrt(n). None if the distance is not positive, or tiny: no number would do.
    """
    if distance <= 0:
        return None
    ratio = half_width / distance
    return whole(n * ratio * ratio)


def whole(number: float) -> int | None:
    """The next whole number of replicates, None past MOST_REPLICATES."""
    return math.ceil(number) if number <= MOST_REPLICATES else None
