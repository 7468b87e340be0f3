"""Image files become samples that are arranged like those they are compared with."""

import numpy as np
import pytest
from PIL import Image

from vistab.cli.samples.images import PixelFormat

PIXELS = np.random.default_rng(2).integers(0, 256, (4, 6, 3)).astype(np.uint8)


@pytest.fixture
def file(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((4, 6, 3), PIXELS), ((3, 4, 6), PIXELS.transpose(2, 0, 1))],
)
def test_colour_stands_where_the_array_has_it(file, shape, expected):
    """The last axis, or the first as in PyTorch; from 0 to 1."""
    (read,) = PixelFormat.of_shape(shape, None).read([file])
    assert read.dtype == np.float32
    np.testing.assert_allclose(read * 255, expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(4, 6), (1, 4, 6), (4, 6, 1), (24,)])
def test_grey_is_read_in_every_shape(file, shape):
    """Weighted as the eye sees colours: Rec. 601."""
    tile = (4, 6) if len(shape) == 1 else None
    (read,) = PixelFormat.of_shape(shape, tile).read([file])
    grey = PIXELS @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(read.reshape(4, 6) * 255, grey, atol=0.51)


@pytest.mark.parametrize(
    ("shape", "tile"), [((24,), None), ((24,), (5, 5)), ((2, 4, 6), None), ((4, 6, 4), None)]
)
def test_what_is_no_shape_of_images_has_no_format(shape, tile):
    assert PixelFormat.of_shape(shape, tile) is None
