"""Images side by side, as one picture in the page: PNG, or WebP where that is smaller."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from markupsafe import Markup
from PIL import Image

from vistab.report.figures.frames import Levels, png, side_by_side
from vistab.report.figures.svg import tag
from vistab.report.view.film import averaged
from vistab.report.view.happened import Floats
from vistab.report.view.space import Pixels

PAPER_GAP, GAP = 200, 128
"""Grey level between tiles, and of pixels that are not finite: of ink on paper, of light."""

SHARP = 16
"""Images of up to so many pixels a side are enlarged as squares, larger ones smoothly."""

SMALL = 32
"""Images of up to so many pixels a side are encoded without loss, if all fit: in colour, WebP
would lay the colours of stacked digits over each other."""

MOST_SIDE = 64
"""Pixels of a side of a shown image, at most."""


@dataclass(frozen=True)
class Detail:
    """How images are shown: averaged over blocks of pixels, and whether encoded without loss."""

    block: int
    exact: bool


def mosaic(images: Floats, pixels: Pixels, columns: int, block: int = 1) -> Levels:
    """Images [n, d] side by side, `columns` a row, averaged over blocks of pixels: [h, w(, 3)]."""
    shape = (-1, pixels.channels, pixels.height, pixels.width)
    shown = averaged(np.moveaxis(images.reshape(shape), 1, -1), block)
    gap = PAPER_GAP if pixels.ink else GAP
    share = (1 + np.clip(-shown if pixels.ink else shown, -1, 1)) / 2
    levels = np.where(np.isfinite(shown), 255 * share, gap).round().astype(np.uint8)
    return side_by_side(levels[..., 0] if pixels.channels == 1 else levels, columns, gap)


def drawn_to_fit(
    draw: Callable[[Detail], Iterator[Markup]], pixels: Pixels, most: int
) -> tuple[list[Markup], Detail]:
    """Drawings in as much detail as keeps them within so many bytes together, or in the least.

    draw: makes them in a given detail.
    """
    *details, least = _details(pixels)
    for detail in details:
        if (drawn := _within(draw(detail), most)) is not None:
            return drawn, detail
    return list(draw(least)), least


def _details(pixels: Pixels) -> Iterator[Detail]:
    """From the most on: without loss if images are small; then averaged down to 16 pixels."""
    if pixels.side <= SMALL:
        yield Detail(1, exact=True)
    if pixels.side > SHARP:
        for block in range(-(-pixels.side // MOST_SIDE), pixels.side // SHARP + 1):
            yield Detail(block, exact=False)


def _within(drawings: Iterator[Markup], most: int) -> list[Markup] | None:
    """All of them; None as soon as they have more bytes."""
    drawn, size = [], 0
    for one in drawings:
        size += len(one)
        if size > most:
            return None
        drawn.append(one)
    return drawn


def picture(
    whole: Levels, pixels: Pixels, at: tuple[float, float, float], *, exact: bool
) -> Markup:
    """A mosaic as an element of an SVG; `at` is left, top and width. exact: without loss."""
    tall, wide = whole.shape[:2]
    left, top, width = at
    return tag(
        "image",
        class_=None if pixels.side <= SHARP else "smooth",
        x=left,
        y=top,
        width=width,
        height=width * tall / wide,
        href=_encoded(whole, exact=exact),
    )


def _encoded(whole: Levels, *, exact: bool) -> str:
    kind, data = "png", png(whole)
    if not exact and len(lossy := _webp(whole)) < len(data):
        kind, data = "webp", lossy
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _webp(whole: Levels) -> bytes:
    file = BytesIO()
    Image.fromarray(whole).save(file, "WEBP", quality=85, method=4)
    return file.getvalue()
