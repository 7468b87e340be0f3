"""Images of any size and colour made alike: a centred square, resampled, as levels 0 to 255."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # Pillow and pydantic are imported where images are read, and only there
    from PIL.Image import Image

    from vistab.spec.targets import FittedImages

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Fitted:
    """One image as it is stored: levels [channels x size x size], row by row in each channel.

    smaller: whether it had no square of `crop` pixels, so that its largest one was taken.
    """

    levels: Levels
    smaller: bool


def fit(image: Image, spec: FittedImages) -> Fitted:
    """Turn upright, cut, convert and resample an image, in this order.

    Cut: the centred square of `spec.crop` pixels of the original, or the largest there is; where it
    cannot be centred exactly, it lies half a pixel to the left or up. Resample: Pillow's filter,
    which weighs all pixels when it makes an image smaller (not so `nearest`). What Pillow raises on
    a broken image comes through; ValueError for pixels without a known range.
    """
    from PIL import ExifTags, ImageOps
    from PIL import Image as Pillow

    lies = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    upright = ImageOps.exif_transpose(image) if lies else image  # which makes a copy in any case
    side = min(*upright.size, spec.crop or max(upright.size))
    cut = convert(upright.crop(centred(upright.size, side)), spec.channels)
    filter_ = Pillow.Resampling[spec.resample.upper()]
    levels = np.asarray(cut.resize((spec.size, spec.size), filter_))
    planes = levels.reshape(spec.size, spec.size, spec.channels).transpose(2, 0, 1)
    return Fitted(planes.ravel(), spec.crop is not None and side < spec.crop)


def centred(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """The box (left, upper, right, lower) of a square in the middle of a width and height."""
    left, upper = ((length - side) // 2 for length in size)
    return left, upper, left + side, upper + side


def convert(image: Image, channels: int) -> Image:
    """The image in three colours or in grey (Rec. 601), 8 bits each; what is see-through is white.

    ValueError for floating-point pixels, which have no known range.
    """
    from PIL import Image as Pillow

    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers, whose range is not known")
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        image = Pillow.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Pillow.alpha_composite(Pillow.new("RGBA", image.size, "white"), image)
    if image.mode not in ("L", "1", "RGB"):
        image = image.convert("RGB")
    wanted = "RGB" if channels == 3 else "L"
    return image if image.mode == wanted else image.convert(wanted)
