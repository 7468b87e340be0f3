"""Film strips: a frame a round, samples over the true modes or as images, the onset marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from markupsafe import Markup

from vistab.report.figures.frames import placed
from vistab.report.figures.images import SHARP, Detail, drawn_to_fit, mosaic, picture
from vistab.report.figures.svg import circle, dots, figure, rect, text
from vistab.report.view.happened import Floats
from vistab.report.view.space import Pixels, Plane
from vistab.report.view.strips import Strip, StripView
from vistab.report.words import outcome_name

SIZE = 120.0
EDGE = 4.0
"""Between a frame and the images in it."""

TILES = 4
"""Images are shown as so many rows of so many."""

MOST_BYTES = 1_700_000
"""All frames of images together; larger images are averaged down until they fit."""


@dataclass(frozen=True)
class Drawn:
    """The frames of each run's strip, in order, by run id.

    size: of a frame at its own size, in CSS pixels. block: images are averaged over blocks of so
    many pixels each way.
    """

    frames: Mapping[str, list[Markup]]
    size: float = SIZE
    block: int = 1


def draw_strips(view: StripView) -> Drawn:
    """The drawings of all strips; large images as large as they may be for all to stay small."""
    if isinstance(view.space, Plane):
        plane = view.space
        return Drawn({strip.run.run_id: _scatters(strip, plane) for strip in view.strips})
    pixels = view.space
    drawn, detail = drawn_to_fit(lambda one: _mosaics(view, pixels, one), pixels, MOST_BYTES)
    frames = iter(drawn)
    by_run = {one.run.run_id: list(islice(frames, len(one.rounds))) for one in view.strips}
    return Drawn(by_run, _size(pixels, detail.block), detail.block)


def _size(pixels: Pixels, block: int) -> float:
    """Of a frame in which each pixel of a large image has one; small images are enlarged."""
    wide = TILES * (pixels.side // block + 1) - 1
    return SIZE if pixels.side <= SHARP else max(SIZE, wide + 2 * EDGE)


def _mosaics(view: StripView, pixels: Pixels, detail: Detail) -> Iterator[Markup]:
    """All frames of all strips, one after the other."""
    size = _size(pixels, detail.block)
    at = (EDGE, EDGE, size - 2 * EDGE)
    for strip in view.strips:
        for k, samples in enumerate(strip.samples):
            whole = mosaic(samples[: TILES**2], pixels, TILES, detail.block)
            yield _framed(strip, k, size, picture(whole, pixels, at, exact=detail.exact))


def _scatters(strip: Strip, plane: Plane) -> list[Markup]:
    fate = "healthy" if strip.run.outcome == "healthy" else "failing"
    drawn = (_scatter(samples, plane, f"samples s-{fate}") for samples in strip.samples)
    return [_framed(strip, k, SIZE, *parts, note=note) for k, (parts, note) in enumerate(drawn)]


def _framed(strip: Strip, k: int, size: float, *drawn: Markup, note: str = "") -> Markup:
    failed = strip.onset_frame is not None and k >= strip.onset_frame
    box = rect(1, 1, size - 2, size - 2, "shot failed" if failed else "shot")
    alt = f"{outcome_name(strip.run.outcome)} run at round {strip.rounds[k]}"
    return figure(alt + note, size, size, box, *drawn)


def _scatter(own: Floats, plane: Plane, class_: str) -> tuple[list[Markup], str]:
    """Samples over the modes, and a note on those outside the frame."""
    places, half = placed(own, plane, SIZE), SIZE / 2
    inside = (np.abs(places - half) <= half).all(axis=1)
    modes = placed(plane.centres, plane, SIZE).tolist()
    drawn = [*(circle(x, y, 7, "mode") for x, y in modes), dots(places[inside].tolist(), class_)]
    outside = int((~inside).sum())
    if outside == len(own):  # an empty frame would read as missing data
        drawn.append(text(half, half + 5, "all outside", "outside", "middle"))
    return drawn, f", {outside} of {len(own)} samples outside the frame" if outside else ""
