"""Snapshots of samples for the eye: as they lie in a plane, or as pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from vistab.report.view.happened import Floats
from vistab.report.view.space import ROOM, Plane

Bytes = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.generic]
Place = Callable[[Floats], Floats]

MOST_POINTS: Final = 400
"""Samples drawn in one frame of a plane; of more, the first."""

MOST_TILES: Final = 16
"""Images in one frame."""

MOST_PIXELS: Final = 32
"""Height and width of a shown image; larger ones are averaged down, so that a page stays small."""

GREY: Final = 128
"""Level of pixels that are not finite."""

_CHANNELS: Final = (1, 3, 4)

_LEARNED: Final = 1000  # samples that principal axes are learned from, at most


@dataclass(frozen=True, eq=False)
class Film:
    """A few snapshots' samples as they were read.

    rounds: of the pictures; each picture [n, ...], n may differ. reference [r, ...]: what the
    samples are to look like; under 100 points are taken for the centres of modes.
    """

    rounds: tuple[int, ...]
    pictures: tuple[Samples, ...]
    reference: Samples | None


@dataclass(frozen=True, eq=False)
class Scatter:
    """Frames of points [n, 2], with the reference's [r, 2]. axes: in words, what is drawn."""

    is_plane: ClassVar[bool] = True

    frames: tuple[Floats, ...]
    reference: Floats | None
    plane: Plane
    axes: str


@dataclass(frozen=True, eq=False)
class Tiles:
    """Frames of colour images, 8-bit [n, h, w, 3]; what is not finite is grey."""

    is_plane: ClassVar[bool] = False

    frames: tuple[Bytes, ...]
    reference: Bytes | None


def shown(film: Film) -> Scatter | Tiles:
    """How the samples of a film are shown: [n, h, w], [n, h, w, c] and [n, c, h, w] are images."""
    return _tiles(film) if _are_images(film.pictures[0]) else _scatter(film)


def _are_images(samples: Samples) -> bool:
    shape = samples.shape
    return len(shape) == 3 or (
        len(shape) == 4 and (shape[-1] in _CHANNELS or shape[1] in _CHANNELS)
    )


def _channels_last(images: Samples) -> Floats:
    """Images [n, h, w, 1 or 3]; of four channels the last, which is opacity, is left out."""
    values: Floats = np.asarray(images, dtype=float)
    if values.ndim == 3:
        return values[..., None]
    return (values if values.shape[-1] in _CHANNELS else np.moveaxis(values, 1, -1))[..., :3]


def _tiles(film: Film) -> Tiles:
    frames = [_first_images(picture) for picture in film.pictures]
    reference = None if film.reference is None else _first_images(film.reference)
    known = np.concatenate([one.ravel() for one in (frames if reference is None else [reference])])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)

    def levels(images: Floats) -> Bytes:
        share = np.clip((images - low) / ((high - low) or 1.0), 0, 1)
        grey = np.where(np.isfinite(images), 255 * share, GREY).round().astype(np.uint8)
        return np.broadcast_to(grey, (*grey.shape[:3], 3))

    return Tiles(tuple(map(levels, frames)), None if reference is None else levels(reference))


def _first_images(samples: Samples) -> Floats:
    """The first images of a snapshot [n, h, w, c], averaged over blocks of pixels if large."""
    images = _channels_last(samples[:MOST_TILES])
    return averaged(images, -(-max(images.shape[1:3]) // MOST_PIXELS))


def averaged(images: Floats, block: int) -> Floats:
    """Images [n, h, w, c], averaged over blocks of pixels, `block` each way; a rest is cut off."""
    n, height, width, channels = images.shape
    tall, wide = min(block, height), min(block, width)
    rows, columns = height // tall, width // wide
    cut = images[:, : rows * tall, : columns * wide]
    smaller: Floats = cut.reshape(n, rows, tall, columns, wide, channels).mean(axis=(2, 4))
    return smaller


def _scatter(film: Film) -> Scatter:
    rows = [_rows(picture[:MOST_POINTS]) for picture in film.pictures]
    reference = None if film.reference is None else _rows(film.reference)
    known = reference if reference is not None else np.concatenate(rows)
    known = known[np.isfinite(known).all(axis=1)]
    place, axes = _axes(known, "the samples vary" if reference is None else "the reference varies")
    points = None if reference is None else place(reference)
    plane = _plane(place(known), points)
    return Scatter(
        tuple(map(place, rows)), None if points is None else points[:MOST_POINTS], plane, axes
    )


def _rows(samples: Samples) -> Floats:
    rows: Floats = np.asarray(samples, dtype=float).reshape(len(samples), -1)
    return rows


def _axes(known: Floats, whose: str) -> tuple[Place, str]:
    """How rows [n, d] are put into the plane [n, 2], and what its axes are in words."""
    d = known.shape[1]
    if d == 2:
        return lambda rows: rows, ""
    if d == 1:
        return (
            lambda rows: np.column_stack([rows, np.zeros(len(rows))]),
            "Samples have one feature, drawn from left to right.",
        )
    some = known[:: max(1, -(-len(known) // _LEARNED))]
    mean = some.sum(axis=0) / max(1, len(some))
    padded = np.vstack([some - mean, np.zeros((2, d))])  # so that there are always two directions
    directions = np.linalg.svd(padded, full_matrices=False)[2][:2]
    return (
        lambda rows: (rows - mean) @ directions.T,
        f"Of {d:,} features, the two directions (principal axes) in which {whose} most.",
    )


def _plane(known: Floats, reference: Floats | None) -> Plane:
    """A square around nearly all of what is known, outliers left aside."""
    if not len(known):
        return Plane(known, (0.0, 0.0), 1.0)
    low, high = np.quantile(known, (0.01, 0.99), axis=0)
    x, y = ((low + high) / 2).tolist()
    reach = ROOM * float((high - low).max()) / 2 or 1.0
    return Plane(known[:0] if reference is None else reference, (x, y), reach)
