"""Two numbers that say how a covariance is shared out between its principal directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def participation_ratio(covariance: Array) -> float:
    """(sum of eigenvalues)^2 / sum of their squares, of a covariance [d, d]; from 1 to d.

    d for equal eigenvalues, 1 for a single one: a count of directions that needs no threshold.
    """
    return float(np.trace(covariance) ** 2 / np.sum(covariance**2))


def mean_pair_product(trace: Array, square: Array, dimension: int) -> Array:
    """Mean product of two different eigenvalues of a covariance C, from tr C and tr C^2, [...].

    In one dimension the square of the variance. 0 where all variance is in one direction.
    """
    if dimension == 1:
        return np.asarray(np.square(trace))
    pairs = dimension * (dimension - 1)
    return np.asarray(np.maximum(trace**2 - square, 0) / pairs)
