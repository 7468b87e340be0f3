"""Film strips: a frame a round, samples over the true modes or as images, the onset marked."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from vistab.report.figures.frames import picture, placed
from vistab.report.figures.svg import circle, dots, figure, rect, text
from vistab.report.view.happened import Floats
from vistab.report.view.space import Pixels, Plane
from vistab.report.view.strips import Strip, StripView
from vistab.report.words import outcome_name

SIZE = 120.0
TILES = 4
"""Images are shown as so many rows of so many."""


def frames(strip: Strip, view: StripView) -> list[Markup]:
    """The drawings of a strip's rounds, in order."""
    return [_frame(strip, view, k) for k in range(len(strip.rounds))]


def _frame(strip: Strip, view: StripView, k: int) -> Markup:
    failed = strip.onset_frame is not None and k >= strip.onset_frame
    box = rect(1, 1, SIZE - 2, SIZE - 2, "shot failed" if failed else "shot")
    alt = f"{outcome_name(strip.run.outcome)} run at round {strip.rounds[k]}"
    if isinstance(view.space, Pixels):
        shown = picture(strip.samples[k][: TILES**2], view.space, TILES, (4, 4, SIZE - 8))
        return figure(alt, SIZE, SIZE, box, shown)
    fate = "healthy" if strip.run.outcome == "healthy" else "failing"
    drawn, note = _scatter(strip.samples[k], view.space, f"samples s-{fate}")
    return figure(alt + note, SIZE, SIZE, box, *drawn)


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
