"""Generated images, and the training images that they come nearest to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from vistab.report.figures.images import Detail, drawn_to_fit, mosaic, picture
from vistab.report.figures.svg import figure
from vistab.report.view.happened import Floats
from vistab.report.view.nearest import SHOWN, Compared, NearestView
from vistab.report.view.space import Pixels

LEAST_WIDTH = 280.0
"""Of a row of images."""

MOST_BYTES = 400_000
"""All rows of images together; larger images are averaged down until they fit."""


@dataclass(frozen=True)
class PairFigures:
    """Two rows of images: what was generated, and below each what is nearest."""

    made: Markup
    nearest: Markup


def pair_figures(view: NearestView) -> Mapping[str, PairFigures]:
    """By run id, the images that come nearest to training images, above these."""
    drawn, _ = drawn_to_fit(lambda detail: _rows(view, detail), view.space, MOST_BYTES)
    pairs = zip(drawn[::2], drawn[1::2], strict=True)
    return {run.run.run_id: PairFigures(*pair) for run, pair in zip(view.runs, pairs, strict=True)}


def _rows(view: NearestView, detail: Detail) -> Iterator[Markup]:
    for run in view.runs:
        made, nearest = run.first(SHOWN)
        yield _row(made, view.space, detail, _told(run, len(made)))
        yield _row(nearest, view.space, detail, "The training images nearest to these, in order")


def _told(run: Compared, shown: int) -> str:
    return (
        f"{shown} of {len(run.made)} images generated at round {run.round}, those that come "
        "nearest to a training image"
    )


def _row(images: Floats, pixels: Pixels, detail: Detail, alt: str) -> Markup:
    whole = mosaic(images, pixels, len(images), detail.block)
    tall, wide = whole.shape[:2]
    width = max(LEAST_WIDTH, float(wide))
    shown = picture(whole, pixels, (0, 0, width), exact=detail.exact)
    return figure(alt, width, width * tall / wide, shown)
