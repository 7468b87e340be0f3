"""Confidence interval for the mean of bounded values, by betting.

I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B
86 (2024): the hedged grid-Kelly interval. Somebody bets that the mean is not m. While m is the
mean, no bet has an expected gain, so capital reaches 1 / alpha with chance alpha at most. The
interval holds every m at which capital stayed below that. Half of the capital bets on a higher
mean, half on a lower one, each spread over constant stakes; so the order of the values does not
matter and nothing is drawn at random. It covers at any n, whatever the distribution within
the bounds, and never has zero width.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

N_STAKES = 20
STAKES = 1 - ((np.arange(N_STAKES) + 0.5) / N_STAKES) ** 2
"""Shares of the largest bet. Any fixed choice is valid; crowding near 1 narrows at small n."""


def capital(values: Floats, mean: float) -> Floats:
    """What 1 has become after bets on all `values` [..., n] in [0, 1], against 0 < `mean` < 1.

    Each stake's product is convex in `mean`, and so is their average: its sublevel sets are
    intervals. Returns [...].
    """
    higher = growth((values - mean) / mean)
    lower = growth((mean - values) / (1 - mean))
    return (higher + lower) / 2


def growth(gains: Floats) -> Floats:
    """Average over STAKES of the product over n of 1 + stake x gain, gains [..., n] >= -1."""
    factors = 1 + STAKES[:, None] * gains[..., None, :]
    with np.errstate(over="ignore"):  # beyond floats is beyond any threshold
        grown: Floats = factors.prod(axis=-1).mean(axis=-1)
    return grown


def betting_interval(
    values: npt.ArrayLike, bounds: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Interval for the mean of independent `values` [n] within `bounds`, coverage >= 1 - alpha.

    Raises ValueError for no values, or values outside the bounds.
    """
    lower, upper = bounds
    unit = (np.asarray(values, dtype=np.float64) - lower) / (upper - lower)
    if unit.size == 0 or unit.min() < -1e-9 or unit.max() > 1 + 1e-9:
        raise ValueError(f"values must be one or more, all within {bounds}")
    unit = unit.clip(0, 1)
    low = lowest_mean(unit, alpha)
    high = 1 - lowest_mean(1 - unit, alpha)
    return lower + low * (upper - lower), lower + high * (upper - lower)


def lowest_mean(unit: Floats, alpha: float) -> float:
    """The smallest mean in [0, 1] that bets on `unit` [n] leave below capital 1 / alpha.

    By bisection: capital falls from 0 to the values' own mean, where it is at most 1.
    """
    below, above = 0.0, float(unit.mean())
    while above - below > 1e-12:
        middle = (below + above) / 2
        if capital(unit, middle) * alpha >= 1:
            below = middle
        else:
            above = middle
    return above if below > 0 else 0.0
