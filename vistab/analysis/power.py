"""What a number of replicates can show, known before any run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np


def smallest_p(n_replicates: int) -> float:
    """The smallest p that a sign-flip test over so many replicates can reach: 2 / 2^n."""
    return 2.0 ** (1 - n_replicates)


def replicates_for_p(effects: Sequence[float], alpha: float) -> int | None:
    """Smallest n at which effects of this mean and spread would reach p <= `alpha`.

    n is the larger of two: the n whose smallest reachable p is alpha, and the n at which
    mean x sqrt(n) / rms is the normal quantile of alpha / 2 (the sign-flip null has mean 0 and
    standard deviation rms / sqrt(n)). None if the mean is 0: no number would do.
    """
    values = np.asarray(effects, dtype=np.float64)
    mean, rms = abs(float(values.mean())), math.sqrt(float(np.mean(values**2)))
    if mean <= 1e-9 * rms or rms == 0:
        return None
    reachable = math.ceil(1 - math.log2(alpha))
    normal = math.ceil((NormalDist().inv_cdf(1 - alpha / 2) * rms / mean) ** 2)
    return max(reachable, normal)


def replicates_for_interval(n: int, half_width: float, distance: float) -> int | None:
    """Smallest number at which an interval, now `half_width` wide at `n`, is `distance` wide.

    Widths shrink as 1 / sqrt(n). None if the distance is not positive: no number would do.
    """
    if distance <= 0:
        return None
    return math.ceil(n * (half_width / distance) ** 2)
