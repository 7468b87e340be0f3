"""The Vendi score: the effective number of different samples.

D. Friedman and A. B. Dieng, "The Vendi score", 2023 (arXiv 2210.02410). Order 2: A. Pasarkar and
A. B. Dieng, "Cousins of the Vendi score", 2024 (arXiv 2310.12952).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvalsh
from scipy.spatial.distance import cdist
from scipy.special import entr


def cosine_vendi(samples: np.ndarray) -> float:
    """With k(x, y) = cosine of the angle between samples [n, f]; at most min(n, f).

    x -> x / |x|, 0 stays. X X^T / n and X^T X / n share their eigenvalues: the smaller will do.
    """
    length = np.linalg.norm(samples, axis=1, keepdims=True)
    rows = np.divide(samples, length, out=np.zeros_like(samples, dtype=float), where=length > 0)
    smaller = rows.T @ rows if len(rows) > rows.shape[1] else rows @ rows.T
    return _exp_entropy(smaller / len(rows))


def rbf_vendi(samples: np.ndarray, bandwidth: float, order: int = 1) -> float:
    """With k(x, y) = exp(-|x - y|^2 / 2 bandwidth^2) of samples [n, f]; from 1 to n.

    order 1: exp of the eigenvalues' entropy, at a cost of n^3; 2: one over the sum of their
    squares, at a cost of n^2 f.
    """
    kernel = np.exp(-cdist(samples, samples, "sqeuclidean") / (2 * bandwidth**2)) / len(samples)
    return float(1 / np.sum(kernel**2)) if order == 2 else _exp_entropy(kernel)


def _exp_entropy(matrix: np.ndarray) -> float:
    return float(np.exp(entr(np.maximum(eigvalsh(matrix), 0.0)).sum()))
