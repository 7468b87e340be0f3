"""Images in files, and how they become samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from vistab.cli.samples.problems import SamplesError, Shape, problem
from vistab.cli.samples.stored import Floats

Pixels = npt.NDArray[np.uint8]
Size = tuple[int, int]
"""Height and width, in pixels."""

ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})

_GREY: Final = frozenset({"1", "L", "LA"})

_EIGHT_BITS: Final = _GREY | {"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}

_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


@dataclass(frozen=True)
class PixelFormat:
    """How images [height, width, channels] become samples of `shape`; channels: 1 grey, 3 colour.

    shape: [H, W], [H, W, channels], [channels, H, W] or, if grey, [H x W].
    """

    size: Size
    channels: int
    shape: Shape

    @classmethod
    def of_shape(cls, shape: Shape, tile: Size | None) -> Self | None:
        """The format of samples that are arrays; None if their shape is not that of images.

        tile: the size of images that are kept as a flat row of pixels.
        """
        if len(shape) == 1 and tile is not None and prod(tile) == shape[0]:
            return cls(tile, 1, shape)
        if len(shape) == 2:
            return cls((shape[0], shape[1]), 1, shape)
        if len(shape) == 3 and shape[2] in (1, 3):
            return cls((shape[0], shape[1]), shape[2], shape)
        if len(shape) == 3 and shape[0] in (1, 3):
            return cls((shape[1], shape[2]), shape[0], shape)
        return None

    @classmethod
    def of_files(cls, files: Sequence[Path]) -> Self:
        """That of image files, as large as the first: [H, W] if all are grey, else [H, W, 3]."""
        size = image_size(files[0])
        return cls(size, 1, size) if all(map(_is_grey, files)) else cls(size, 3, (*size, 3))

    def samples(self, pixels: Pixels) -> Floats:
        """Samples [n, *shape], from 0 to 1, of images [n, height, width, channels]."""
        first = len(self.shape) == 3 and self.shape != (*self.size, self.channels)
        ordered = np.moveaxis(pixels, -1, 1) if first else pixels
        return ordered.reshape(len(pixels), *self.shape).astype(np.float32) / np.float32(255)

    def read(self, files: Sequence[Path]) -> Floats:
        """Samples [n, *shape] of n image files. SamplesError names one that cannot be used."""
        return self.samples(np.stack([self._of_size(file) for file in files]))

    def _of_size(self, file: Path) -> Pixels:
        pixels = read_pixels(file, self.channels)
        if pixels.shape[:2] != self.size:
            rule = f"must be {show_size(self.size)} like all samples and reference images"
            wrong = problem(file, "image size", rule, show_size(pixels.shape[:2]))
            raise SamplesError(str(wrong))
        return pixels


def read_pixels(file: Path, channels: int) -> Pixels:
    """The pixels [height, width, channels] of an image, made grey or coloured as asked."""
    with _opened(file) as image:
        pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)


def image_size(file: Path) -> Size:
    """Height and width, from the file's header alone."""
    with _opened(file) as image:
        return image.height, image.width


def _is_grey(file: Path) -> bool:
    with _opened(file) as image:
        return image.mode in _GREY


def images_in(paths: Iterable[Path]) -> list[Path]:
    """The image files among them, by name; hidden ones are left out."""
    return sorted(path for path in paths if is_image(path))


def is_image(path: Path) -> bool:
    """Whether the name is that of an image that is read."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def show_size(size: Shape) -> str:
    """`28x28`: height, then width."""
    return "x".join(map(str, size))


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """The image. SamplesError if it cannot be read, or has more than 8 bits a channel."""
    try:
        with Image.open(file) as image:
            if image.mode not in _EIGHT_BITS:
                raise ValueError(f"8 bits a channel are read, not {image.mode}")
            yield image
    except _UNREADABLE as error:
        reason = "it is no image" if isinstance(error, UnidentifiedImageError) else error
        raise SamplesError(str(problem(file, "image", f"cannot be read: {reason}"))) from error
