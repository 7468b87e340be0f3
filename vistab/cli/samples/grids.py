"""Grids of images, as torchvision's `save_image` writes them, cut back into images.

Images stand in rows with `padding` pixels of one colour between and around them, or with none. The
last row is filled up with blank ones of that colour (black without padding).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.cli.samples.images import Pixels, Size, image_size, read_pixels, show_size
from vistab.cli.samples.problems import Found, problem

MOST_PADDING: Final = 16

_LOSSY: Final = frozenset({".jpg", ".jpeg", ".webp"})

_LINES_OFF: Final = 0.05 * 255
"""Mean deviation from their colour that JPEG and WebP leave in lines: up to 0.04 at quality 50."""

_BLANK_OFF: Final = 0.02 * 255
"""The same for blank images: up to 0.015 at quality 50."""


@dataclass(frozen=True)
class Grid:
    """Where the images of a grid stand; tile: the size of one."""

    rows: int
    columns: int
    padding: int
    tile: Size

    def cut(self, pixels: Pixels, lossy: bool) -> Pixels:
        """The images [n, *tile, channels] of a grid [H, W, channels], without trailing blanks."""
        (h, w), p = self.tile, self.padding
        cells = pixels[p:, p:].reshape(self.rows, h + p, self.columns, w + p, -1)[:, :h, :, :w]
        tiles = cells.swapaxes(1, 2).reshape(self.rows * self.columns, h, w, -1)
        blank = _deviation(tiles, self._colour(pixels)) <= (_BLANK_OFF if lossy else 0)
        return tiles[: self._filled(blank)]

    def has_lines(self, pixels: Pixels, lossy: bool) -> bool:
        """Whether the padding of a grid [H, W, channels] is all of one colour."""
        lines = pixels[self._lines(pixels)]
        off = _deviation(lines[None], self._colour(pixels))[0]
        return bool(off <= (_LINES_OFF if lossy else 0))

    def _filled(self, blank: npt.NDArray[np.bool_]) -> int:
        """How many images there are: the last row, but for its first, may end in blanks.

        Where all are blank the images themselves are, and none is left out.
        """
        fewest = len(blank) - self.columns + 1 if self.rows > 1 else len(blank)
        return max(fewest, len(blank) - int(np.argmin(blank[::-1])))

    def _colour(self, pixels: Pixels) -> npt.NDArray[np.float64]:
        """The colour of the padding; black without any."""
        if not self.padding:
            return np.zeros(pixels.shape[2])
        return np.asarray(np.median(pixels[self._lines(pixels)], axis=0))

    def _lines(self, pixels: Pixels) -> npt.NDArray[np.bool_]:
        """Which pixels [H, W] are padding."""
        height, width = pixels.shape[:2]
        (h, w), p = self.tile, self.padding
        across = np.arange(height) % (h + p) < p
        down = np.arange(width) % (w + p) < p
        return across[:, None] | down


def grids_of(files: Sequence[Path], tile: Size, channels: int, found: Found) -> dict[Path, Grid]:
    """How each grid is made of tiles of this size. Files of one size are made alike.

    Of several paddings that fit the size of a file, the widest whose lines are of one colour in
    all files of that size.
    """
    sizes = {file: image_size(file) for file in files}
    grids: dict[Path, Grid] = {}
    for size in sorted(set(sizes.values())):
        alike = [file for file in files if sizes[file] == size]
        grid = _grid(alike, size, tile, channels)
        if grid is None:
            rule = (
                f"must be rows of images of {show_size(tile)} like the reference, with 0 to "
                f"{MOST_PADDING} pixels of one colour between and around them"
            )
            found.append(problem(alike[0], "image size", rule, show_size(size)))
        else:
            grids |= dict.fromkeys(alike, grid)
    return grids


def read_grid(file: Path, grid: Grid, channels: int) -> Pixels:
    """The images [n, height, width, channels] of a grid in a file."""
    pixels = read_pixels(file, channels)
    return grid.cut(pixels, is_lossy(file))


def is_lossy(file: Path) -> bool:
    """Whether the pixels in the file need not be exactly those that were saved."""
    return file.suffix.lower() in _LOSSY


def _grid(files: Sequence[Path], size: Size, tile: Size, channels: int) -> Grid | None:
    """The grid that these files of one size are; None if there is none."""
    for padding in range(MOST_PADDING, -1, -1):
        grid = _fit(size, tile, padding)
        if grid is not None and (not padding or _all_have_lines(grid, files, channels)):
            return grid
    return None


def _fit(size: Size, tile: Size, padding: int) -> Grid | None:
    """The grid of that padding that has this size; None if there is none."""
    (rows, rest), (columns, over) = (
        divmod(whole - padding, part + padding) for whole, part in zip(size, tile, strict=True)
    )
    fits = rest == over == 0 and min(rows, columns) > 0
    return Grid(rows, columns, padding, tile) if fits else None


def _all_have_lines(grid: Grid, files: Sequence[Path], channels: int) -> bool:
    return all(grid.has_lines(read_pixels(file, channels), is_lossy(file)) for file in files)


def _deviation(
    tiles: npt.NDArray[np.uint8], colour: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Mean absolute deviation [n] of tiles [n, ..., channels] from a colour."""
    return np.asarray(np.abs(tiles - colour).reshape(len(tiles), -1).mean(axis=1))
