"""Frames of a film: samples over the reference, or tiles of colour images."""

from __future__ import annotations

import base64
import math
from typing import Final

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from vistab.report.figures.frames import placed, png, side_by_side
from vistab.report.figures.svg import circle, dots, figure, rect, tag, text
from vistab.report.view.film import GREY, Bytes, Scatter, Tiles
from vistab.report.view.happened import Floats

SIZE: Final = 120.0

FEW: Final = 100
"""Fewer reference points than this are the centres of modes, drawn as rings; others are dots."""


def frame(screen: Scatter | Tiles, k: int | None, class_: str, alt: str) -> Markup:
    """The k-th frame, or with None the reference's own; `class_` colours box and samples."""
    box = rect(1, 1, SIZE - 2, SIZE - 2, f"shot {class_}")
    if isinstance(screen, Tiles):
        images = screen.reference if k is None else screen.frames[k]
        return figure(alt, SIZE, SIZE, box, *([] if images is None else [_mosaic(images)]))
    drawn = [] if screen.reference is None else [_reference(screen.reference, screen)]
    note = ""
    if k is not None:
        cloud, note = _cloud(screen.frames[k], screen, f"samples {class_}")
        drawn += cloud
    return figure(alt + note, SIZE, SIZE, box, *drawn)


def _reference(points: Floats, screen: Scatter) -> Markup:
    places = placed(points, screen.plane, SIZE)
    if len(points) < FEW:
        return Markup("").join(circle(x, y, 7, "mode") for x, y in places.tolist())
    return dots(places[_inside(places)].tolist(), "samples s-reference")


def _cloud(points: Floats, screen: Scatter, class_: str) -> tuple[list[Markup], str]:
    """Samples, and a note on those outside the frame or not finite."""
    places, half = placed(points, screen.plane, SIZE), SIZE / 2
    inside = _inside(places)
    gone = int((~np.isfinite(points).all(axis=1)).sum())
    outside = len(points) - int(inside.sum()) - gone
    drawn = [dots(places[inside].tolist(), class_)]
    if not inside.any():  # an empty frame would read as missing data
        words = "not finite" if gone == len(points) else "all outside"
        drawn.append(text(half, half + 5, words, "outside", "middle"))
    told = [(outside, "outside the frame"), (gone, "not finite")]
    return drawn, "".join(f", {n} of {len(points)} samples {what}" for n, what in told if n)


def _inside(places: Floats) -> npt.NDArray[np.bool_]:
    half = SIZE / 2
    return np.asarray((np.abs(places - half) <= half).all(axis=1))


def _mosaic(images: Bytes) -> Markup:
    """Images [n, h, w, 3] as tiles with one pixel between them."""
    whole = side_by_side(images, math.isqrt(len(images) - 1) + 1, GREY)
    return tag(
        "image",
        class_="smooth" if whole.shape[1] > SIZE else None,
        x=4,
        y=4,
        width=SIZE - 8,
        height=SIZE - 8,
        href=f"data:image/png;base64,{base64.b64encode(png(whole)).decode()}",
    )
