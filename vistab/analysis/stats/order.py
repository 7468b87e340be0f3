"""Numbers along the ordered values of an axis: slopes and unbroken stretches."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt


def slope_weights(n_levels: int) -> npt.NDArray[np.object_]:
    """Weights [L], fractions, whose product with L values is their least-squares slope per step."""
    steps = [Fraction(2 * level - (n_levels - 1), 2) for level in range(n_levels)]
    squares = sum(step**2 for step in steps)
    return np.array([step / squares for step in steps], dtype=object)


def longest_stretch(healthy: Sequence[bool] | npt.NDArray[np.bool_]) -> int:
    """Length of the longest unbroken run of True."""
    longest = current = 0
    for value in healthy:
        current = current + 1 if value else 0
        longest = max(longest, current)
    return longest
