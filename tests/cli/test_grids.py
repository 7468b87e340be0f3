"""Grids of images are cut back into exactly the images they were made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vistab.cli.samples.grids import Grid, grids_of, read_grid


def save_image(file, images, padding=2, columns=8, colour=0, **options):
    """What torchvision's `save_image` makes of images [n, h, w, c], 8-bit: nrow is `columns`."""
    n, h, w, channels = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    size = (rows * (h + padding) + padding, columns * (w + padding) + padding, channels)
    grid = np.full(size, colour, dtype=np.uint8)
    for k, image in enumerate(images):
        top, left = (part * (side + padding) + padding for part, side in zip(
            divmod(k, columns), (h, w), strict=True))  # fmt: skip
        grid[top : top + h, left : left + w] = image
    Image.fromarray(grid.squeeze(-1) if channels == 1 else grid).save(file, **options)


def images(n, tile, channels, seed=0):
    """Noise, which is nowhere of one colour."""
    shape = (n, *tile, channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def cut(files, tile, channels):
    """All grids cut, and what was wrong."""
    found = []
    grids = grids_of(files, tile, channels, found)
    return [read_grid(file, grids[file], channels) for file in files if file in grids], found


@given(
    st.integers(1, 70),
    st.tuples(st.integers(2, 12), st.integers(2, 12)),
    st.sampled_from([1, 3]),
    st.sampled_from([0, 1, 2, 3, 5, 16]),
    st.integers(1, 10),
    st.sampled_from([0, 255]),
)
def test_a_grid_is_cut_back_exactly(tmp_path_factory, n, tile, channels, padding, columns, colour):
    """Any number of images, any padding and colour of it, also when the last row is not full."""
    colour = colour if padding else 0
    file = tmp_path_factory.mktemp("grid") / "fakes_1.png"
    saved = images(n, tile, channels)
    save_image(file, saved, padding, columns, colour)
    (read,), found = cut([file], tile, channels)
    assert not found
    np.testing.assert_array_equal(read, saved)


@pytest.mark.parametrize("padding", [0, 2])
def test_a_grid_in_which_two_paddings_fit_is_told_by_its_lines(tmp_path, padding):
    """32 x 32 pixels are 4 x 4 tiles of 8 without padding, and 3 x 3 with 2 pixels of it."""
    saved = images(16 if padding == 0 else 9, (8, 8), 1)
    save_image(tmp_path / "a1.png", saved, padding, 4 if padding == 0 else 3)
    with Image.open(tmp_path / "a1.png") as image:
        assert image.size == (32, 32)
    (read,), _ = cut([tmp_path / "a1.png"], (8, 8), 1)
    np.testing.assert_array_equal(read, saved)


def test_grids_of_one_size_are_cut_alike(tmp_path):
    """A black grid would do with padding; the others show that there is none."""
    black, others = tmp_path / "a1.png", tmp_path / "a2.png"
    save_image(black, np.zeros((16, 8, 8, 1), np.uint8), 0, 4)
    save_image(others, images(16, (8, 8), 1), 0, 4)
    (dark, noise), _ = cut([black, others], (8, 8), 1)
    assert len(noise) == 16
    assert len(dark) == 16  # images that are all black, so none of them fills up a row


def test_grids_of_several_sizes_are_cut_each_as_it_is(tmp_path):
    saved = {5: images(5, (6, 4), 3), 21: images(21, (6, 4), 3)}
    files = [tmp_path / f"a{n}.png" for n in saved]
    for file, some in zip(files, saved.values(), strict=True):
        save_image(file, some)
    read, _ = cut(files, (6, 4), 3)
    for one, some in zip(read, saved.values(), strict=True):
        np.testing.assert_array_equal(one, some)


def test_black_images_inside_a_grid_are_kept(tmp_path):
    """Blanks are at the end of the last row; a black image before a drawn one is an image."""
    saved = images(11, (5, 5), 1)
    saved[[2, 7, 8, 9]] = 0
    save_image(tmp_path / "a1.png", saved)
    (read,), _ = cut([tmp_path / "a1.png"], (5, 5), 1)
    np.testing.assert_array_equal(read, saved)


@pytest.mark.parametrize(("n", "kept"), [(24, 17), (6, 6)])
def test_no_more_is_left_out_than_fills_up_a_row(tmp_path, n, kept):
    """A row that is all black is made of images, and a single row is never filled up."""
    saved = images(n, (5, 5), 1)
    saved[3:] = 0
    save_image(tmp_path / "a1.png", saved)
    (read,), _ = cut([tmp_path / "a1.png"], (5, 5), 1)
    np.testing.assert_array_equal(read, saved[:kept])


@pytest.mark.parametrize("ending", ["jpg", "webp"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [50, 75, 95])
def test_lossy_grids_are_cut_in_the_same_places(tmp_path, ending, channels, quality):
    """All images are there, each close to what was saved, and no blank one."""
    saved = images(13, (4, 4), channels).repeat(8, axis=1).repeat(8, axis=2)
    file = tmp_path / f"a1.{ending}"
    save_image(file, saved, quality=quality)
    (read,), found = cut([file], (32, 32), channels)
    assert not found
    assert read.shape == saved.shape
    assert np.abs(read.astype(float) - saved).mean(axis=(1, 2, 3)).max() < 40


@pytest.mark.parametrize("tile", [(7, 7), (8, 6), (40, 40)])
def test_tiles_of_another_size_are_refused(tmp_path, tile):
    """With the file, what was asked for and what the file is."""
    file = tmp_path / "a1.png"
    save_image(file, images(16, (8, 8), 1))
    read, (problem,) = cut([file], tile, 1)
    assert not read
    assert str(problem).startswith(f"{file}: image size: must be rows of images of {tile[0]}x")
    assert str(problem).endswith(", 22x82 got")


def test_lines_that_are_not_of_one_colour_are_no_padding(tmp_path):
    """A size that fits by chance is not enough."""
    file = tmp_path / "a1.png"
    Image.fromarray(images(1, (22, 82), 1)[0, :, :, 0]).save(file)
    read, found = cut([file], (8, 8), 1)
    assert not read
    assert found


def test_the_layout_is_that_of_torchvision():
    """From `make_grid`: xmaps = nrow, height = h + padding, and padding once more at the end."""
    pixels = np.zeros((2 * (3 + 2) + 2, 4 * (5 + 2) + 2, 1), np.uint8)
    pixels[2:5, 2:7], pixels[2:5, 9:14], pixels[7:10, 2:7] = 1, 2, 3
    read = Grid(2, 4, 2, (3, 5)).cut(pixels, lossy=False)
    assert [np.unique(tile).tolist() for tile in read] == [[1], [2], [0], [0], [3]]
