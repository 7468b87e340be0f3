"""Scalar products and distances of many pairs of points, a block that fits the cache at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_AT_ONCE: Final = 2**18  # pairs in memory, 2 MB

_ROUNDING: Final = 1e-12
"""Of a distance by way of products, over the squared norms: f x 2^-53 for f = 9,000 features."""


def products(rows: Array, columns: Array) -> Iterator[Array]:
    """Scalar products [b, c] of rows [r, f] and columns [c, f], b rows at a time."""
    step = max(1, _AT_ONCE // len(columns))
    for start in range(0, len(rows), step):
        yield rows[start : start + step] @ columns.T


def squared_distances(rows: Array, columns: Array, *, least: bool = False) -> Iterator[Array]:
    """Squared distances [b, c] of rows [r, f] and columns [c, f], b rows at a time.

    From |x|^2 + |y|^2 - 2 x.y, some ten times as fast as from differences, with a rounding error of
    at most 1e-12 (|x|^2 + |y|^2). least: less that error, so equals are not found to be greater.
    """
    kept = 1 - _ROUNDING if least else 1.0
    of_rows, of_columns = (kept * np.einsum("nf,nf->n", x, x) for x in (rows, columns))
    start = 0
    for block in products(rows, -2 * columns):
        block += of_rows[start : start + len(block), None]
        block += of_columns
        yield block
        start += len(block)
