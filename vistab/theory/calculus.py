"""Exact gradients and plain minimisation, for checks by direct optimisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Function = Callable[[NDArray[Any]], Any]

TINY = 1e-30
"""Size of the complex step: no difference is taken, so it may be far below rounding."""


def gradient(function: Function, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient of a real analytic `function` at `at`, of the same shape, exact up to rounding.

    By complex steps: Im f(x + ih) / h (Squire and Trapp 1998).
    """
    flat = at.ravel()
    steps = 1j * TINY * np.eye(flat.size)
    slopes = [np.imag(function((flat + step).reshape(at.shape))) / TINY for step in steps]
    return np.array(slopes).reshape(at.shape)


def minimise(function: Function, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where `function` is least, by BFGS from the vector `start`: good to about 1e-7."""

    def slope(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return gradient(function, at)

    return np.asarray(minimize(function, start, jac=slope, method="BFGS", tol=1e-10).x)
