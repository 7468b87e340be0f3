"""Whether a generator has learned its data by heart: the data that its images come nearest to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vistab.targets.data import DataTarget, decode

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

REAL_IMAGES: Final = 64
"""Real images whose distance to the nearest other one is the yardstick; always the same ones."""

_CHUNK: Final = 2**22
"""Numbers of data that are compared at a time: 16 MB of them in float32."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The data nearest to n images: as images, float32 [n, d]; and how far away they are, [n].

    A distance is the root mean square over the d pixel values, on their scale from -1 to 1.
    """

    images: Floats
    distances: Floats


def nearest_data(images: Floats, target: DataTarget) -> Nearest:
    """The nearest of ALL data of the target to each finite image [n, d].

    Where several rows make one sample (a digit in each channel), the nearest row to each of them.
    """
    return _nearest(images, target, None)


def real_distances(target: DataTarget) -> Floats:
    """How far each of 64 real images is from the nearest OTHER datum, [64]: the yardstick.

    Drawn from the target with a fixed seed. A datum that is there twice is 0 away from itself.
    """
    picked = target.pick(REAL_IMAGES, np.random.default_rng(0))
    images = decode(target.data[picked.ravel()]).reshape(REAL_IMAGES, -1)
    return _nearest(images, target, picked.ravel()).distances


def _nearest(images: Floats, target: DataTarget, but: Index | None) -> Nearest:
    """The nearest data; `but` holds, for each row of the images, a datum that does not count."""
    rows = images.reshape(-1, target.data.shape[1])
    found = decode(target.data[_nearest_rows(rows, target.data, but)]).reshape(images.shape)
    distances = np.sqrt(np.mean((images - found) ** 2, axis=1))
    return Nearest(found, distances)


def _nearest_rows(rows: Floats, data: npt.NDArray[Any], but: Index | None) -> Index:
    """Which of data [N, r] is nearest to each of rows [q, r], by |a - b|^2 = |a|^2 + |b|^2 - 2ab.

    |a|^2 is the same for all data and left out.
    """
    least = np.full(len(rows), np.inf, dtype=np.float32)
    index = np.zeros(len(rows), dtype=np.int64)
    each = np.arange(len(rows))
    for start, chunk in _chunks(data):
        squares = np.einsum("nr,nr->n", chunk, chunk) - 2 * (rows @ chunk.T)
        if but is not None:
            inside = (but >= start) & (but < start + len(chunk))
            squares[each[inside], but[inside] - start] = np.inf
        best = squares.argmin(axis=1)
        nearer = squares[each, best] < least
        least[nearer], index[nearer] = squares[each, best][nearer], start + best[nearer]
    return index


def _chunks(data: npt.NDArray[Any]) -> Iterator[tuple[int, Floats]]:
    """The data in float32, some rows at a time, each with the number of its first row."""
    step = max(1, _CHUNK // data.shape[1])
    for start in range(0, len(data), step):
        yield start, decode(data[start : start + step])
