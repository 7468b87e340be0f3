"""The snapshots of a run, read one after the other: the run may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.cli.samples.grids import Grid, grids_of, read_grid
from vistab.cli.samples.images import PixelFormat
from vistab.cli.samples.limits import used_samples
from vistab.cli.samples.problems import Found, Shape, problem
from vistab.cli.samples.stored import Floats, StoredArray

Rounds = npt.NDArray[np.int64]

FEWEST_SNAPSHOTS: Final = 3
"""What lasts is seen at so many snapshots at least."""


@dataclass(frozen=True, eq=False)
class ArraySnapshots:
    """Snapshots in arrays: one [T, n, *shape], or T of them [n, *shape]. rounds [T]."""

    file: Path
    rounds: Rounds
    shape: Shape
    arrays: tuple[StoredArray, ...]

    def samples(self, _: PixelFormat | None, __: Found) -> Iterator[Floats]:
        """Reads the samples [n, *shape] of each snapshot, the first ones if there are too many."""
        for array in self.arrays:
            *before, n = self._counts(array)
            starts = (n * t for t in range(prod(before)))
            used = used_samples(n, self.shape)
            yield from array.pieces(((start, used) for start in starts), self.shape)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know, in words."""
        return _left_unused(max(self._counts(array)[-1] for array in self.arrays), self.shape)

    def _counts(self, array: StoredArray) -> Shape:
        return array.shape[: -len(self.shape)]


@dataclass(frozen=True, eq=False)
class ImageSnapshots:
    """Snapshots as image files: steps[t] are those of round t, or its one grid of images."""

    file: Path
    rounds: Rounds
    steps: tuple[tuple[Path, ...], ...]
    are_grids: bool

    def samples(self, images: PixelFormat | None, found: Found) -> Iterator[Floats]:
        """Reads the samples [n, *shape] of each snapshot, the first ones if there are too many."""
        assert images is not None
        if not self.are_grids:
            return _folders(self.steps, images)
        files = [file for (file,) in self.steps]
        return _grids(files, grids_of(files, images.size, images.channels, found), images)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know, in words."""
        return _left_unused(max(map(len, self.steps)), (1,))


Snapshots = ArraySnapshots | ImageSnapshots


def check_number(file: Path, number: int, found: Found) -> None:
    """Note a run of too few snapshots."""
    if number < FEWEST_SNAPSHOTS:
        rule = f"must be at least {FEWEST_SNAPSHOTS}, for a failure is what lasts"
        found.append(problem(file, "snapshots", rule, str(number)))


def _folders(steps: Sequence[Sequence[Path]], images: PixelFormat) -> Iterator[Floats]:
    for files in steps:
        yield images.read(files[: used_samples(len(files), images.shape)])


def _grids(files: Sequence[Path], grids: dict[Path, Grid], images: PixelFormat) -> Iterator[Floats]:
    for file in files:
        tiles = read_grid(file, grids[file], images.channels)
        yield images.samples(tiles[: used_samples(len(tiles), images.shape)])


def _left_unused(most: int, shape: Shape) -> tuple[str, ...]:
    used = used_samples(most, shape)
    said = f"Only the first {used:,} of {most:,} samples of a snapshot are used."
    return (said,) if used < most else ()
