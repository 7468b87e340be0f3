"""Images are cut in the middle, resampled and turned into levels, whatever they were before."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vistab.spec.targets import ImageFolderTarget
from vistab.targets.fit import centred, convert, fit

NOISE = np.random.default_rng(0).integers(0, 256, (218, 178, 3)).astype(np.uint8)


def asked(**fields):
    """What is asked of images."""
    return ImageFolderTarget(kind="image_folder", path="somewhere", **fields)


def planes(pixels):
    """Levels [height, width, channels] in the order in which they are stored."""
    return np.moveaxis(pixels, -1, 0).ravel()


# Cutting


@given(width=st.integers(4, 40), height=st.integers(4, 40), crop=st.none() | st.integers(4, 50))
def test_the_square_lies_in_the_middle(width, height, crop):
    """Half a pixel to the left or up where it cannot; `smaller` says that there was none so large.

    Of the pixel at (x, y) red is x and green is y, and nothing is resampled.
    """
    y, x = np.mgrid[:height, :width]
    image = Image.fromarray(np.stack([x, y, 0 * x], axis=-1).astype(np.uint8))
    side = min(width, height, crop or 1000)
    fitted = fit(image, asked(crop=crop, size=side))
    red, green, _ = fitted.levels.reshape(3, side, side)
    assert fitted.smaller == (crop is not None and side < crop)
    for level, length in ((red[0], width), (green[:, 0], height)):
        assert np.array_equal(np.diff(level), np.ones(side - 1))
        before, behind = level[0], length - 1 - level[-1]
        assert behind - before in (0, 1)


def test_celeba_is_cut_and_resampled_as_in_the_papers_code():
    """178 x 218 pixels: 108 from the middle, to 64 x 64."""
    fitted = fit(Image.fromarray(NOISE), asked(crop=108))
    box = centred((178, 218), 108)
    by_hand = Image.fromarray(NOISE[55:163, 35:143]).resize((64, 64), Image.Resampling.BICUBIC)
    assert box == (35, 55, 143, 163)
    assert np.array_equal(fitted.levels, planes(np.asarray(by_hand)))


# Order


@given(st.integers(4, 9), st.integers(0, 2**32 - 1), st.sampled_from([1, 3]))
def test_levels_go_row_by_row_in_each_channel(side, seed, channels):
    """As in PyTorch: [channels, height, width]."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, channels), dtype=np.uint8)
    image = Image.fromarray(pixels.squeeze(-1) if channels == 1 else pixels)
    fitted = fit(image, asked(size=side, channels=channels))
    assert fitted.levels.dtype == np.uint8
    for channel in range(channels):
        where = fitted.levels[channel * side**2 : (channel + 1) * side**2]
        assert np.array_equal(where.reshape(side, side), pixels[..., channel])


# Resampling


KERNELS = {
    "box": lambda x: (x > -0.5) & (x <= 0.5),
    "bilinear": lambda x: np.maximum(1 - abs(x), 0),
    "bicubic": lambda x: np.where(abs(x) < 1, near(abs(x)), far(abs(x)) * (abs(x) < 2)),
    "lanczos": lambda x: np.sinc(x) * np.sinc(x / 3) * (abs(x) < 3),
}
"""The shape of each filter; bicubic is Keys' with a = -0.5."""


def near(x):
    """Keys' polynomial up to 1."""
    return 1.5 * x**3 - 2.5 * x**2 + 1


def far(x):
    """Keys' polynomial from 1 to 2."""
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2


def matrix(kernel, old, new):
    """Weights [new, old] of old pixels in new ones; the filter is widened to shrink an image."""
    centre = (np.arange(new)[:, None] + 0.5) * old / new
    weights = KERNELS[kernel]((np.arange(old) + 0.5 - centre) / max(old / new, 1))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("old", "new"), [(24, 8), (108, 64), (8, 24)])
def test_resampling_is_the_filters(kernel, old, new):
    """Oracle: the sum over the filter's weights, columns then rows; but for rounding after each.

    Levels in the middle, so that nothing is cut off at 0 or 255.
    """
    pixels = 96 + NOISE[:old, :old] // 4
    weights = matrix(kernel, old, new)
    expected = np.einsum("ij,kl,jlc->ikc", weights, weights, pixels, optimize=True)
    fitted = fit(Image.fromarray(pixels), asked(size=new, resample=kernel))
    assert abs(fitted.levels - planes(expected)).max() < 1.3


def test_nearest_repeats_pixels():
    fitted = fit(Image.fromarray(NOISE[:8, :8]), asked(size=16, resample="nearest"))
    assert np.array_equal(fitted.levels, planes(NOISE[:8, :8].repeat(2, axis=0).repeat(2, axis=1)))


# Colours


def red_and_white(mode):
    """A red left half, and a right half that cannot be seen, in one of the modes that say so."""
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (4, 0, 8, 8))
    if mode != "P":
        return image.convert(mode)
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([255, 0, 0, 0, 0, 0])
    palette.paste(1, (4, 0, 8, 8))
    file = io.BytesIO()
    palette.save(file, "PNG", transparency=1)
    return Image.open(file)


@pytest.mark.parametrize(("mode", "left"), [("RGBA", (255, 0, 0)), ("P", (255, 0, 0)), ("LA", 76)])
def test_what_is_see_through_is_white(mode, left):
    fitted = fit(red_and_white(mode), asked(size=8)).levels.reshape(3, 8, 8)
    assert np.array_equal(
        fitted[:, :, :4], np.broadcast_to(np.reshape(left, (-1, 1, 1)), (3, 8, 4))
    )
    assert np.all(fitted[:, :, 4:] == 255)


def test_half_see_through_is_half_white():
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 51))
    assert set(fit(image, asked(size=4)).levels) == {255 - 51}


def test_grey_weighs_colours_as_the_eye_does():
    """Rec. 601."""
    fitted = fit(Image.fromarray(NOISE[:16, :16]), asked(size=16, channels=1))
    grey = NOISE[:16, :16] @ [0.299, 0.587, 0.114]
    assert np.allclose(fitted.levels, grey.ravel(), atol=0.51)


def test_a_grey_image_has_three_equal_colours():
    fitted = fit(Image.fromarray(NOISE[:8, :8, 0]), asked(size=8))
    assert np.array_equal(fitted.levels, np.tile(NOISE[:8, :8, 0].ravel(), 3))


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("CMYK", (255, 0, 0, 0), [0, 255, 255]),
        ("1", 1, [255, 255, 255]),
        ("L", 7, [7, 7, 7]),
        ("YCbCr", (128, 128, 128), [128, 128, 128]),
    ],
)
def test_other_ways_to_write_a_colour_are_understood(mode, colour, expected):
    """Grey of them is grey of the colour."""
    image = Image.new(mode, (4, 4), colour)
    assert np.array_equal(np.unique(fit(image, asked(size=4)).levels), np.unique(expected))
    grey = fit(image, asked(size=4, channels=1)).levels
    assert np.allclose(grey, np.dot(expected, [0.299, 0.587, 0.114]), atol=0.51)


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_become_eight(channels):
    """The darkest 0, the brightest 255: not cut off."""
    pixels = np.arange(16, dtype=np.uint16).reshape(4, 4) * 4369
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    fitted = fit(Image.open(file), asked(size=4, channels=channels))
    assert np.array_equal(fitted.levels, np.tile(np.arange(16) * 17, channels))


def test_floating_point_pixels_are_refused():
    with pytest.raises(ValueError, match="range is not known"):
        convert(Image.new("F", (4, 4), 0.5), 3)


# Turned by its camera


TURNED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}
"""What each EXIF orientation asks for (TIFF 6.0: where the 0th row and column are seen)."""


@pytest.mark.parametrize("orientation", TURNED)
def test_images_are_turned_upright_before_they_are_cut(orientation):
    """6 x 9 pixels, of which 5 x 5 are cut: the middle is another one once it is turned."""
    pixels = NOISE[:6, :9]
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=exif)
    upright = TURNED[orientation](pixels)
    left, upper, right, lower = centred(upright.shape[1::-1], 5)
    fitted = fit(Image.open(file), asked(crop=5, size=5))
    assert np.array_equal(fitted.levels, planes(upright[upper:lower, left:right]))
