"""Nearest training images: whether typical runs have learned some of their data by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vistab.report.view.happened import Floats
from vistab.report.view.space import Pixels, Space
from vistab.report.view.typical import Group, Typical
from vistab.report.words import number, percent
from vistab.results import Results

SHOWN: Final = 8
"""Pairs of images shown of a run, of those that were compared."""

COPY: Final = 0.25
"""A generated image this much nearer to a training image than real ones are is as good as one."""

NEAR: Final = 0.75
"""Typical images under this part of what real ones are apart are told to be near."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Images of one run at a round, [n, d], and the training images nearest to them, [n, d].

    distances [n]: between the two, root mean square over pixels; NaN where an image is not finite.
    real: the median distance of real images from the nearest other one.
    """

    run: Typical
    round: int
    made: Floats
    nearest: Floats
    distances: Floats
    real: float

    @property
    def finite(self) -> Floats:
        """The distances that are known, the least first."""
        return np.sort(self.distances[np.isfinite(self.distances)])

    @property
    def copies(self) -> int:
        """How many of the images are as good as copies."""
        return int((self.finite < COPY * self.real).sum())

    def first(self, n: int) -> tuple[Floats, Floats]:
        """The n images that come nearest, and the training images that they come nearest to."""
        order = np.argsort(self.distances)[:n]
        return self.made[order], self.nearest[order]


@dataclass(frozen=True)
class NearestRow:
    """An arm group, and what its two typical runs come nearest to."""

    group: Group
    failing: Compared | None
    healthy: Compared | None


@dataclass(frozen=True)
class NearestView:
    """All rows, in the space of the data."""

    rows: tuple[NearestRow, ...]
    space: Pixels

    @property
    def runs(self) -> tuple[Compared, ...]:
        """All runs of which something is shown."""
        return tuple(run for row in self.rows for run in (row.failing, row.healthy) if run)


def nearest_view(
    results: Results, groups: Sequence[Group], space: Space | None
) -> NearestView | None:
    """What typical runs come nearest to at the end; None where that was not looked for."""
    if not isinstance(space, Pixels):
        return None
    rows = tuple(
        NearestRow(group, _compared(results, group.failing), _compared(results, group.healthy))
        for group in groups
    )
    rows = tuple(row for row in rows if row.failing or row.healthy)
    return NearestView(rows, space) if rows else None


def _compared(results: Results, run: Typical | None) -> Compared | None:
    shot, kept = (results.samples(run.run_id), results.pictures(run.run_id)) if run else (None, {})
    if run is None or shot is None or not {"nearest", "real_distance"} <= kept.keys():
        return None
    nearest, rounds, samples = np.asarray(kept["nearest"][-1], dtype=float), *shot
    distances = np.asarray(kept["nearest_distance"][-1], dtype=float)
    made = np.asarray(samples[-1][: len(nearest)], dtype=float)
    real = float(np.median(np.asarray(kept["real_distance"], dtype=float)))
    return Compared(run, int(rounds[-1]), made, nearest, distances, real)


def nearest_words(compared: Compared) -> str:
    """How near the images come to training images, against real ones, and what that says."""
    finite = compared.finite
    if not len(finite):
        return "No image is finite."
    middle = float(np.median(finite))
    told = f"Median distance {number(middle, 2)}"
    if not compared.real:
        return f"{told}; most real images are there twice."
    part = f"{percent(middle / compared.real)} of the {number(compared.real, 2)}"
    return f"{told}, {part} between real images: {_finding(compared, middle)}."


def _finding(compared: Compared, middle: float) -> str:
    of = len(compared.finite)
    if middle < COPY * compared.real:
        return "learned by heart"
    if compared.copies:
        return f"{compared.copies} of {of} are as good as copies"
    if middle < NEAR * compared.real:
        return "nearer than real ones, but no copies among them"
    return "no sign of memorisation"
