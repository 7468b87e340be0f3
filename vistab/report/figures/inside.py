"""What a model has learned: its parts over rounds, codes over the prior, reconstructions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from vistab.analysis.wording import count
from vistab.report.figures.frames import placed
from vistab.report.figures.images import SMALL, mosaic, picture
from vistab.report.figures.panel import frame, panel
from vistab.report.figures.svg import circle, dots, figure, line, path, polyline, rect, tag, text
from vistab.report.view.happened import Floats
from vistab.report.view.inside import Codes, Pairs, Parts
from vistab.report.view.space import Pixels, Space
from vistab.report.words import number

SIZE = 190.0
COLOURS = 8
PRIOR_REACH = 3.3
"""Codes are shown up to so many standard deviations of the prior."""

PART_WORDS = {
    "latent_kl": ("KL by dimension (nats)", "latent dimension", "{} nats"),
    "component_weights": ("weight by component", "component", "a weight of {}"),
    "component_thinness": ("least variance / floor", "component", "{} times the floor"),
}
"""By column: what the axis shows, what one part is, and how the limit is said."""

LOG_PARTS = frozenset({"component_thinness"})
MOST_PAIRS = 100
TILES = 6
PAIRED_LINES = 3
LEAST_NUMBERED = 3
"""Codes that a mode must have in the frame to bear its number."""


def part_finding(parts: Parts) -> str:
    """`1 of 2 latent dimensions ends below 0.05 nats`."""
    _, part, limit = PART_WORDS[parts.column]
    low = int(parts.low.sum())
    told = f"{low} of {count(len(parts.low), part)}"
    return f"{told} {'ends' if low == 1 else 'end'} below {limit.format(number(parts.least))}"


def parts_figure(parts: Parts, last: float) -> Markup:
    """A line a part over rounds 0 to `last`; those that end below the dashed limit are dashed."""
    log = parts.column in LOG_PARTS
    label = PART_WORDS[parts.column][0] + (", log scale" if log else "")
    values = _range(parts, log)
    area = panel((0, last), values, width=SIZE, height=SIZE, right=14, log_y=log, y_label=label)
    limit = area.y(parts.least)
    drawn = [
        frame(area, "round", label, y_text=_short, x_ticks=area.x.ticks(3)),
        line(area.x.start, limit, area.x.end, limit, "margin"),
    ]
    for values, low in zip(parts.values.T, parts.low, strict=True):
        at = [(area.x(x), area.y(y)) for x, y in zip(parts.rounds, values, strict=True)]
        drawn.append(path(at, "part low" if low else "part"))
    return figure(part_finding(parts), area.width, area.height, *drawn)


def _range(parts: Parts, log: bool) -> tuple[float, float]:
    known = parts.values[np.isfinite(parts.values) & ((parts.values > 0) | (not log))]
    high = max(float(known.max(initial=0)), 2 * parts.least)
    return (min(float(known.min(initial=1)), 1.0) if log else 0.0), high


def _short(value: float) -> str:
    return f"{value:.0e}" if value >= 1e5 else number(value)


def data_figure(space: Space) -> Markup:
    """The modes of the data, numbered, in the colours that their codes bear."""
    if isinstance(space, Pixels):
        return Markup("") if space.centres is None else _bins(space, space.centres)
    drawn = [rect(1, 1, SIZE - 2, SIZE - 2, "shot")]
    for k, (x, y) in enumerate(placed(space.centres, space, SIZE).tolist()):
        drawn.append(circle(x, y, 5, f"fill-m{k % COLOURS}"))
        drawn.append(text(x, y - 8, k + 1, "direct strong halo", "middle"))
    return figure(f"The {count(len(space.centres), 'mode')} of the data", SIZE, SIZE, *drawn)


def _bins(pixels: Pixels, centres: Floats, columns: int = 10, tall: float = 56.0) -> Markup:
    """The mean image of each bin, its number beneath on a rule of its colour."""
    wide, drawn = 2 * SIZE / columns, []
    for k, image in enumerate(centres):
        x, y = k % columns * wide, k // columns * tall
        drawn.append(
            picture(mosaic(image[None], pixels, 1), pixels, (x + 2, y, wide - 4), exact=True)
        )
        drawn.append(rect(x + 2, y + wide - 2, wide - 4, 4, f"fill-m{k % COLOURS}"))
        drawn.append(text(x + wide / 2, y + wide + 13, k + 1, "direct strong", "middle"))
    rows = -(-len(centres) // columns)
    alt = f"The mean images of the {len(centres)} bins of the data"
    return figure(alt, 2 * SIZE, rows * tall, *drawn)


def codes_figure(codes: Codes) -> Markup:
    """Codes over the prior's circles of one, two and three standard deviations."""
    half = SIZE / 2
    places = half + codes.places / PRIOR_REACH * half * np.array([1, -1])
    inside = (np.abs(places - half) <= half).all(axis=1)
    drawn = [rect(1, 1, SIZE - 2, SIZE - 2, "shot")]
    drawn += [circle(half, half, k / PRIOR_REACH * half, "prior") for k in (1, 2, 3)]
    if codes.modes is None:
        drawn.append(dots(places[inside].tolist(), "samples s-treatment"))
    else:
        drawn += _by_mode(places[inside], codes.modes[inside])
    outside = int((~inside).sum())
    drawn += [ALL_OUTSIDE] if outside == len(places) else []
    note = f"; {outside} of {len(places)} outside the frame" if outside else ""
    alt = f"Codes of the data at round {codes.round}, over the prior's 1, 2 and 3 deviations"
    return figure(alt + note, SIZE, SIZE, *drawn)


def _by_mode(places: Floats, modes: npt.NDArray[np.integer]) -> list[Markup]:
    """Dots in the colours of their modes, then the number of each mode that has some."""
    shown = [(mode, places[modes == mode]) for mode in np.unique(modes)]
    drawn = [dots(own.tolist(), f"samples stroke-m{mode % COLOURS}") for mode, own in shown]
    for mode, own in shown:
        if len(own) >= LEAST_NUMBERED:
            x, y = np.median(own, axis=0).tolist()
            drawn.append(text(x, y - 7, mode + 1, "direct strong halo", "middle"))
    return drawn


ALL_OUTSIDE = text(SIZE / 2, SIZE / 2 + 5, "all outside", "outside", "middle")
"""Said in an empty frame, which would read as missing data."""


def pairs_figure(pairs: Pairs, space: Space) -> Markup:
    """Data joined to their reconstructions; of images, a row of each."""
    if isinstance(space, Pixels):
        return _image_pairs(pairs, space)
    originals = placed(pairs.originals[:MOST_PAIRS], space, SIZE)
    made = placed(pairs.reconstructions[:MOST_PAIRS], space, SIZE)
    kept = (np.abs(made - SIZE / 2) <= SIZE / 2).all(axis=1)
    joined = zip(originals[kept].tolist(), made[kept].tolist(), strict=True)
    drawn = [
        rect(1, 1, SIZE - 2, SIZE - 2, "shot"),
        *(circle(x, y, 9, "mode") for x, y in placed(space.centres, space, SIZE).tolist()),
        tag("path", d="".join(f"{polyline(ends)}" for ends in joined), class_="joint"),
        dots(made[kept].tolist(), "samples s-treatment"),
    ]
    drawn += [] if kept.any() else [ALL_OUTSIDE]
    return figure(_distance(pairs), SIZE, SIZE, *drawn)


def _image_pairs(pairs: Pairs, pixels: Pixels) -> Markup:
    """The first images of the data above what the model makes of them."""
    tall, block = SIZE * pixels.height / pixels.width / TILES, -(-pixels.side // SMALL)
    drawn = []
    for row, name in ((0, "originals"), (1, "reconstructions")):
        images = getattr(pairs, name)
        for line_of, start in enumerate(range(0, PAIRED_LINES * TILES, TILES)):
            y = line_of * (2 * tall + 10) + row * tall
            whole = mosaic(images[start : start + TILES], pixels, TILES, block)
            drawn.append(picture(whole, pixels, (0, y, SIZE), exact=pixels.side <= SMALL))
    return figure(_distance(pairs), SIZE, PAIRED_LINES * (2 * tall + 10) - 10, *drawn)


def _distance(pairs: Pairs) -> str:
    distance = np.linalg.norm(pairs.reconstructions - pairs.originals, axis=1)
    told = number(float(np.median(distance))) if np.isfinite(distance).any() else "not finite"
    return f"Data and reconstructions at round {pairs.round}: median distance {told}"
