"""What a number of replicates can show, known before any run."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from vistab.analysis.stats.betting import betting_interval


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
