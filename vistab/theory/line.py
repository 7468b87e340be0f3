"""Densities on fine grids: sums over an even grid are exact to rounding for smooth, light tails."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

POINTS = np.linspace(-10.0, 10.0, 401)
"""The grid [401] for x and for z; densities should be negligible beyond it and wider than 0.1."""

STEP = POINTS[1] - POINTS[0]


def log_normal(x: Values, mean: Any, scale: Any) -> Values:
    """Log density of N(mean, scale^2) at x, in nats; all broadcast, and may be complex."""
    square = ((x - mean) / scale) ** 2
    return np.asarray(-square / 2 - np.log(scale) - np.log(2 * np.pi) / 2)


def normal(x: Values, mean: Any, scale: Any) -> Values:
    """Density of N(mean, scale^2) at x."""
    return np.exp(log_normal(x, mean, scale))


def integrate(values: Values) -> Any:
    """Integral of a function given on the grid, over every one of its axes."""
    return values.sum() * STEP**values.ndim


def kl(log_p: Values, log_q: Values) -> Any:
    """KL(p||q) in nats of two densities given by their logs on the grid, of 1 or 2 dimensions."""
    return integrate(np.exp(log_p) * (log_p - log_q))


PRIOR = normal(POINTS, 0.0, 1.0) * STEP
"""Weights [401] of the grid's points under q(z) = N(0, 1): E_z f(z) = PRIOR @ f(POINTS)."""


def smoothed(means: Values, scale: float, weights: Values = PRIOR) -> Values:
    """Log density [401] on the grid of x ~ N(means[i], scale^2), i drawn by `weights`."""
    return np.asarray(np.log(normal(POINTS[:, None], means, scale) @ weights))
