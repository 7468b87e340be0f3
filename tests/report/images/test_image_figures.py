"""Images as pictures in the page: which way round, how large, encoded without visible loss."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image

from vistab.report import render
from vistab.report.figures import strips
from vistab.report.figures.images import GAP, PAPER_GAP, Detail, drawn_to_fit, mosaic, picture
from vistab.report.figures.strips import SIZE, draw_strips
from vistab.report.view import build_view
from vistab.report.view.space import Pixels, space_of
from vistab.spec.targets import (
    DigitsTarget,
    HubTarget,
    ImageFolderTarget,
    Mnist5kTarget,
    StackedDigitsTarget,
)

MakeImages = Callable[..., tuple[Any, Any]]

INK = Pixels(1, 1, 1, ink=True)
LIGHT = Pixels(1, 1, 1)


def shown(drawing: object) -> list[tuple[str, Any]]:
    """The pictures in a drawing: format, and levels [h, w] or [h, w, 3]."""
    found = re.findall(r"data:image/(\w+);base64,([^\"]+)", str(drawing))
    opened = [(kind, Image.open(BytesIO(base64.b64decode(data)))) for kind, data in found]
    assert all(kind.upper() == image.format for kind, image in opened)
    return [(kind, np.asarray(image)) for kind, image in opened]


def smooth(pixels: Pixels, n: int = 16) -> Any:
    """Images of soft gradients, [n, d], from -1 to 1."""
    y, x = np.mgrid[: pixels.height, : pixels.width] / pixels.side * 3
    phase = np.arange(n * pixels.channels).reshape(n, pixels.channels, 1, 1)
    return np.sin(x + phase) * np.cos(y + phase / 3)


def flat(images: Any) -> Any:
    return images.reshape(len(images), -1)


def test_ink_is_dark_on_white_and_light_is_bright_on_black() -> None:
    """And no number is grey, as the gaps are."""
    images = np.array([[-1.0], [1.0], [np.nan], [0.0]])
    assert mosaic(images, INK, 4).tolist() == [
        [255, PAPER_GAP, 0, PAPER_GAP, PAPER_GAP, PAPER_GAP, 128]
    ]
    assert mosaic(images, LIGHT, 4).tolist() == [[0, GAP, 255, GAP, GAP, GAP, 128]]


def test_values_beyond_the_range_are_as_black_or_white_as_can_be() -> None:
    assert mosaic(np.array([[-7.0], [np.inf], [7.0]]), LIGHT, 3).tolist() == [
        [0, GAP, GAP, GAP, 255]
    ]


@pytest.mark.parametrize(
    ("target", "pixels"),
    [
        (DigitsTarget(kind="digits"), (1, 8, 8, True)),
        (Mnist5kTarget(kind="mnist5k"), (1, 28, 28, True)),
        (StackedDigitsTarget(kind="stacked_digits"), (3, 8, 8, False)),
        (
            ImageFolderTarget(kind="image_folder", path="no", size=32, channels=1),
            (1, 32, 32, False),
        ),
        (HubTarget(kind="hub", dataset="no/such"), (3, 64, 64, False)),
    ],
)
def test_the_shape_of_images_is_known_without_their_data(target: Any, pixels: Any) -> None:
    """There is no such folder and no such data set; bins are known of the digits alone."""
    space = space_of(target)
    assert isinstance(space, Pixels)
    assert (space.channels, space.height, space.width, space.ink) == pixels
    assert (space.centres is not None) == isinstance(target, DigitsTarget)


def test_channels_are_red_green_and_blue_at_their_own_pixels() -> None:
    """Stored channel by channel: the first d/3 numbers are red."""
    pixels = Pixels(3, 2, 2)
    image = -np.ones((3, 2, 2))
    image[0, 0, 1] = image[1, 1, 0] = image[2, 1, 1] = 1
    whole = mosaic(image.reshape(1, 12), pixels, 1)
    assert whole.tolist() == [[[0, 0, 0], [255, 0, 0]], [[0, 255, 0], [0, 0, 255]]]


def test_averaged_images_keep_their_places_and_their_means() -> None:
    pixels = Pixels(1, 4, 4)
    image = np.repeat(np.repeat(np.array([[-1.0, 1.0], [0.0, 0.5]]), 2, axis=0), 2, axis=1)
    image[0, 0] = 1.0  # one of four that are -1 else
    assert mosaic(image.reshape(1, 16), pixels, 1, 2).tolist() == [[64, 255], [128, 191]]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_holds_the_levels_of_its_mosaic(channels: int, exact: bool) -> None:
    """To the bit, or as WebP, in which soft gradients are not told apart."""
    pixels = Pixels(channels, 64, 64)
    whole = mosaic(flat(smooth(pixels)), pixels, 4)
    ((kind, found),) = shown(picture(whole, pixels, (0, 0, 100), exact=exact))
    assert kind == ("png" if exact else "webp")
    given = found if channels == 3 or found.ndim == 2 else found[..., 0]
    assert np.abs(given.astype(int) - whole).mean() <= (0 if exact else 3)


def test_png_stays_where_it_is_smaller() -> None:
    """Stripes, say, which WebP's waves do not fit."""
    pixels = Pixels(3, 64, 64)
    stripes = np.tile(np.where(np.arange(64) % 2, 1.0, -1.0), (1, 3, 64, 1))
    whole = mosaic(stripes.reshape(1, -1), pixels, 1)
    ((kind, _),) = shown(picture(whole, pixels, (0, 0, 9), exact=False))
    assert kind == "png"


def test_small_images_are_enlarged_as_squares_and_large_ones_smoothly() -> None:
    for side, smoothed in ((16, False), (28, True)):
        pixels = Pixels(1, side, side)
        whole = mosaic(flat(smooth(pixels)), pixels, 4)
        assert ('class="smooth"' in picture(whole, pixels, (0, 0, 9), exact=True)) == smoothed


@pytest.mark.parametrize(
    ("most", "side", "detail"),
    [
        (6400, 64, (1, False)),
        (6399, 64, (2, False)),
        (1600, 64, (2, False)),
        (1599, 64, (3, False)),
        (0, 64, (4, False)),
        (19_200, 28, (1, True)),
        (19_199, 28, (1, False)),
        (0, 28, (1, False)),
        (0, 16, (1, True)),
        (6400, 256, (4, False)),
    ],
)
def test_images_lose_no_more_than_it_takes(most: int, side: int, detail: tuple[int, bool]) -> None:
    """First their encoding loses, then pixels; but 16 a side stay, though they need more room."""

    def bytes_of(one: Detail) -> int:
        return (3 if one.exact else 1) * 640 // one.block**2

    def draw(one: Detail) -> Iterator[Markup]:
        return (Markup("x" * bytes_of(one)) for _ in range(10))

    drawn, found = drawn_to_fit(draw, Pixels(3, side, side), most)
    assert (found.block, found.exact) == detail
    assert [len(one) for one in drawn] == [bytes_of(found)] * 10


@pytest.mark.parametrize(("side", "size"), [(8, SIZE), (16, SIZE), (28, 123), (64, 267)])
def test_each_pixel_of_a_large_image_has_one_of_the_screen(
    side: int, size: float, make_images: MakeImages
) -> None:
    """Four images in a row with a gap between them, and an edge around."""
    study, results = make_images(size=side, family="{kind: gan}")
    view = build_view(study, (), results).strips
    assert view is not None
    drawn = draw_strips(view)
    assert drawn.size == size
    frame = drawn.frames[view.strips[0].run.run_id][0]
    assert f'style="max-width:{size:g}px"' in frame
    ((_, found),) = shown(frame)
    assert found.shape == (4 * (side + 1) - 1, 4 * (side + 1) - 1, 3)


def test_each_frame_shows_the_first_16_samples_of_its_own_round(make_images: MakeImages) -> None:
    study, results = make_images()
    view = build_view(study, (), results).strips
    assert view is not None
    drawn = draw_strips(view)
    assert drawn.frames.keys() == {strip.run.run_id for strip in view.strips}
    for run_id, frames in drawn.frames.items():
        rounds, samples = results.samples(run_id)
        assert len(frames) == len(rounds)
        for k in (0, 7):
            ((kind, found),) = shown(frames[k])
            expected = mosaic(samples[k][:16].astype(float), view.space, 4)  # type: ignore[arg-type]
            assert kind == "png"
            np.testing.assert_array_equal(found, expected)


def test_frames_that_do_not_fit_are_averaged_and_the_page_says_so(
    make_images: MakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, results = make_images(size=32)
    whole = render(study, (), results)
    monkeypatch.setattr(strips, "MOST_BYTES", 30_000)
    small = render(study, (), results)
    assert "averaged over" not in whole
    assert "averaged over 2 &#215; 2 pixels to keep this page small" in small
    assert len(small) < len(whole)
