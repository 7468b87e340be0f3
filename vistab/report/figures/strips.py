"""Film strips: one small scatter a round over the true modes, the onset marked."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from vistab.report.figures.svg import circle, dots, figure, rect, text
from vistab.report.view.strips import Strip, StripView
from vistab.report.words import outcome_name

SIZE = 120.0


def frames(strip: Strip, view: StripView) -> list[Markup]:
    """The drawings of a strip's rounds, in order."""
    return [_frame(strip, view, k) for k in range(len(strip.rounds))]


def _frame(strip: Strip, view: StripView, k: int) -> Markup:
    own = strip.samples[k]
    half = SIZE / 2
    centres = half + (view.centres - view.middle) / view.reach * half * np.array([1, -1])
    places = half + (own - view.middle) / view.reach * half * np.array([1, -1])
    inside = (np.abs(places - half) <= half).all(axis=1)
    failed = strip.onset_frame is not None and k >= strip.onset_frame
    parts = [
        rect(1, 1, SIZE - 2, SIZE - 2, "shot failed" if failed else "shot"),
        *(circle(x, y, 7, "mode") for x, y in centres.tolist()),
        dots(
            places[inside].tolist(),
            f"samples s-{'healthy' if strip.outcome == 'healthy' else 'failing'}",
        ),
    ]
    outside = int((~inside).sum())
    if outside == len(own):  # an empty frame would read as missing data
        parts.append(text(half, half + 5, "all outside", "outside", "middle"))
    note = f", {outside} of {len(own)} samples outside the frame" if outside else ""
    alt = f"{outcome_name(strip.outcome)} run at round {strip.rounds[k]}{note}"
    return figure(alt, SIZE, SIZE, *parts)
