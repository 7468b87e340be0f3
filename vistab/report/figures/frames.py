"""Samples in the data's own space: places in a square frame, or pictures as pixels."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

from vistab.report.view.happened import Floats
from vistab.report.view.space import Plane

Levels = npt.NDArray[np.uint8]


def placed(points: Floats, plane: Plane, size: float) -> Floats:
    """Pixels [n, 2] of points [n, 2] in a square of `size`; outside it for those out of reach."""
    half = size / 2
    places: Floats = half + (points - plane.middle) / plane.reach * half * np.array([1, -1])
    return places


def side_by_side(images: Levels, columns: int, gap: int) -> Levels:
    """Images [n, h, w] or [n, h, w, 3], `columns` a row, with one pixel of level `gap` between."""
    n, height, width = images.shape[:3]
    rows = -(-n // columns)
    size = (rows * (height + 1) - 1, columns * (width + 1) - 1, *images.shape[3:])
    mosaic = np.full(size, gap, dtype=np.uint8)
    for k, image in enumerate(images):
        y, x = k // columns * (height + 1), k % columns * (width + 1)
        mosaic[y : y + height, x : x + width] = image
    return mosaic


def png(levels: Levels) -> bytes:
    """A PNG of grey levels [height, width], or of red, green and blue ones [height, width, 3]."""
    height, width = levels.shape[:2]
    colour = 2 if levels.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in levels)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
