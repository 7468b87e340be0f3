"""How a film's samples are shown: as points, in principal axes, or as colour images."""

import re
import struct
import zlib
from base64 import b64decode
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from vistab.report.figures.film import frame
from vistab.report.figures.frames import png
from vistab.report.view.film import GREY, MOST_PIXELS, MOST_TILES, Film, Scatter, Tiles, shown

RNG = np.random.default_rng(0)
COLOUR = RNG.uniform(0, 1, (5, 6, 7, 3))


def decoded(file: bytes) -> npt.NDArray[np.uint8]:
    """The pixels of a PNG with unfiltered lines of 8-bit red, green and blue."""
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", file[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + data)
        chunks[kind] = data
        at += 12 + length
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert rest == [8, 2, 0, 0, 0]
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert (lines[:, 0] == 0).all()
    return lines[:, 1:].reshape(height, width, 3)


def tiles(picture: Any, reference: Any = None) -> Tiles:
    """The only frame's tiles."""
    found = shown(Film((1,), (picture,), reference))
    assert isinstance(found, Tiles)
    return found


def scatter(picture: Any, reference: Any = None) -> Scatter:
    """The only frame's points."""
    found = shown(Film((1,), (picture,), reference))
    assert isinstance(found, Scatter)
    return found


def test_a_png_holds_its_pixels() -> None:
    levels = RNG.integers(0, 256, (4, 9, 3)).astype(np.uint8)
    np.testing.assert_array_equal(decoded(png(levels)), levels)


def test_channels_may_come_first_or_last_with_opacity_or_not() -> None:
    expected = tiles(COLOUR).frames[0]
    assert expected.shape == (5, 6, 7, 3)
    first = np.moveaxis(COLOUR, -1, 1)
    opaque = np.concatenate([first, np.full((5, 1, 6, 7), 0.5)], axis=1)
    for same in (first, opaque):
        np.testing.assert_array_equal(tiles(same).frames[0], expected)


def test_grey_images_are_equally_red_green_and_blue() -> None:
    grey = COLOUR[..., 0]
    expected = tiles(grey).frames[0]
    assert (expected == expected[..., :1]).all()
    for same in (grey[..., None], grey[:, None]):
        np.testing.assert_array_equal(tiles(same).frames[0], expected)


def test_levels_are_those_of_the_reference_from_its_least_to_its_most() -> None:
    reference = np.zeros((2, 2, 2))
    reference[0, 0] = -1, 1
    picture = np.array([[[-1, 1], [0, 9]], [[-9, np.nan], [np.inf, 0.5]]])
    found = tiles(picture, reference).frames[0][..., 0]
    assert found.tolist() == [[[0, 255], [128, 255]], [[0, GREY], [GREY, 191]]]


def test_only_the_first_images_are_shown_and_large_ones_averaged() -> None:
    large = np.repeat(np.repeat(RNG.uniform(0, 1, (40, 20, 32)), 3, axis=1), 3, axis=2)
    found = tiles(large).frames[0]
    assert found.shape == (MOST_TILES, 20, MOST_PIXELS, 3)
    np.testing.assert_array_equal(found, tiles(large[:, ::3, ::3]).frames[0])


def test_a_mosaic_has_every_image_in_reading_order() -> None:
    screen = tiles(COLOUR)
    drawn = str(frame(screen, 0, "f-before", "five"))
    found = re.search(r"base64,([^\"]+)", drawn)
    assert found
    mosaic = decoded(b64decode(found[1]))
    assert mosaic.shape == (2 * 7 - 1, 3 * 8 - 1, 3)
    np.testing.assert_array_equal(mosaic[:6, :7], screen.frames[0][0])
    np.testing.assert_array_equal(mosaic[7:, 8:15], screen.frames[0][4])


def test_points_of_a_plane_are_drawn_as_they_are() -> None:
    points = RNG.normal(size=(50, 2))
    found = scatter(points, points[:3])
    np.testing.assert_array_equal(found.frames[0], points)
    assert found.axes == ""
    assert found.plane.middle[0] == pytest.approx(np.quantile(points[:3, 0], [0.01, 0.99]).mean())


def test_more_features_are_drawn_along_the_references_principal_axes() -> None:
    """Wide along (1, 1, 0, 0), less so along the last feature, hardly elsewhere."""
    wide, second = RNG.normal(0, 10, 500), RNG.normal(0, 3, 500)
    reference = RNG.normal(0, 0.01, (500, 4))
    reference[:, :2] += wide[:, None] / np.sqrt(2)
    reference[:, 3] += second
    found = scatter(np.array([[5.0, 5, 0, 0], [0, 0, 0, 2]]) + reference.mean(axis=0), reference)
    assert np.abs(found.frames[0]) == pytest.approx(np.array([[50**0.5, 0], [0, 2]]), abs=0.2)
    assert found.axes.startswith("Of 4 features, the two directions")
    assert "the reference varies" in found.axes


@pytest.mark.parametrize("shape", [(30, 1), (30,), (30, 5), (30, 2, 3, 5, 7)])
@pytest.mark.parametrize("value", [0.0, 2.0, np.nan])
def test_samples_of_any_shape_and_of_no_extent_have_a_place(
    shape: tuple[int, ...], value: float
) -> None:
    found = scatter(np.full(shape, value))
    assert found.frames[0].shape == (30, 2)
    assert found.plane.reach > 0
    assert found.axes
    assert ElementTree.fromstring(str(frame(found, 0, "f-before", "flat"))) is not None


def test_modes_are_rings_and_data_are_dots() -> None:
    points = RNG.normal(size=(150, 2))
    modes, data = (str(frame(scatter(points, points[:n]), None, "", "")) for n in (8, 150))
    assert modes.count('class="mode"') == 8
    assert "mode" not in data
    assert data.count("h0") > 100


def test_samples_that_cannot_be_seen_are_told_of() -> None:
    reference = RNG.uniform(-1, 1, (200, 2))
    picture = np.array([[0.0, 0], [50, 0], [np.nan, 0], [np.inf, 0]])
    alt = ElementTree.fromstring(str(frame(scatter(picture, reference), 0, "", "Round 7"))).get(
        "aria-label"
    )
    assert alt == "Round 7, 1 of 4 samples outside the frame, 2 of 4 samples not finite"
    assert "all outside" in str(frame(scatter(picture[1:3], reference), 0, "", ""))
    assert ">not finite<" in str(frame(scatter(picture[2:], reference), 0, "", ""))


def test_each_frame_of_images_and_the_reference_hold_their_own_pixels() -> None:
    """White, black, and grey ones as the reference."""
    levels = [np.full((4, 2, 2, 3), value, dtype=np.uint8) for value in (255, 0, 90)]
    screen = Tiles((levels[0], levels[1]), levels[2])
    for k, level in ((0, 255), (1, 0), (None, 90)):
        image = next(ElementTree.fromstring(str(frame(screen, k, "f-x", "alt"))).iter("image"))
        data = BytesIO(b64decode(image.get("href", "").split(",")[1]))
        assert np.median(np.asarray(Image.open(data))) == level
