"""Are samples closer to the training data than other data are?

The authenticity of C. Meehan, K. Chaudhuri and S. Dasgupta, "A non-parametric test to detect
data-copying in generative models", 2020 (arXiv 2004.05675), as a ratio of mean distances.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def distance_ratio(samples: np.ndarray, reference: np.ndarray, held_out: np.ndarray) -> float:
    """Mean distance of samples [n, f] to the nearest reference [m, f], over that of held-out data.

    1 for new samples of the same kind, 0 for copies of the reference, above 1 for junk.
    """
    tree = cKDTree(reference)
    return float(tree.query(samples)[0].mean() / tree.query(held_out)[0].mean())
