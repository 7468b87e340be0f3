"""The Vendi score: the effective number of different samples.

D. Friedman and A. B. Dieng, "The Vendi score", 2023 (arXiv 2210.02410). Order 2: A. Pasarkar and
A. B. Dieng, "Cousins of the Vendi score", 2024 (arXiv 2310.12952).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvalsh
from scipy.spatial.distance import cdist
from scipy.special import entr


def rbf_vendi(samples: np.ndarray, bandwidth: float, order: int = 1) -> float:
    """With k(x, y) = exp(-|x - y|^2 / 2 bandwidth^2) of samples [n, f]; from 1 to n.

    order 1: exp of the eigenvalues' entropy, at a cost of n^3; 2: one over the sum of their
    squares, at a cost of n^2 f.
    """
    kernel = np.exp(-cdist(samples, samples, "sqeuclidean") / (2 * bandwidth**2)) / len(samples)
    if order == 2:
        return float(1 / np.sum(kernel**2))
    return float(np.exp(entr(np.maximum(eigvalsh(kernel), 0.0)).sum()))
