"""Numbers along the ordered values of an axis: slopes and unbroken stretches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def slope_weights(n_levels: int) -> Floats:
    """Weights [L] whose product with L values is their least-squares slope per step."""
    steps = np.arange(n_levels) - (n_levels - 1) / 2
    weights: Floats = steps / np.sum(steps**2)
    return weights


def largest_slope(n_levels: int) -> float:
    """The steepest slope that `n_levels` values in [0, 1] can have."""
    return float(slope_weights(n_levels).clip(min=0).sum())


def longest_stretch(healthy: Sequence[bool] | npt.NDArray[np.bool_]) -> int:
    """Length of the longest unbroken run of True."""
    longest = current = 0
    for value in healthy:
        current = current + 1 if value else 0
        longest = max(longest, current)
    return longest
