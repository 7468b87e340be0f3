"""Number of statistically different bins (NDB).

E. Richardson and Y. Weiss, "On GANs and GMMs", 2018 (arXiv 1805.12462), section 3.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm


def different_bins(counts: np.ndarray, reference_counts: np.ndarray, level: float = 0.05) -> float:
    """Share of bins whose part of the samples differs from that of the reference.

    counts, reference_counts [k]: how many fall into each bin. Two-sided z-test of two proportions
    with a pooled variance, at `level` in each bin: that is also a perfect sampler's value, roughly.
    """
    n, m = counts.sum(), reference_counts.sum()
    pooled = (counts + reference_counts) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    difference = np.abs(counts / n - reference_counts / m)
    return float(np.mean(difference > norm.isf(level / 2) * error))
