"""What stands in for the modes of images is learnt from some of them, once, and read back."""

import numpy as np
import pytest

from vistab.errors import RequestError
from vistab.targets import image_features
from vistab.targets.bins import DataBins
from vistab.targets.data import decode
from vistab.targets.features import FeatureSpace
from vistab.targets.image_cache import ImageCache, Prepared, Preparing
from vistab.targets.image_features import data_set, evenly, learn, learnt

SHAPE = (3, 4, 4)


def rows(n, seed=0):
    """Levels [n, 48] that vary most along a few directions, as images do."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n, 4)) @ rng.normal(size=(4, 48)) + 0.1 * rng.normal(size=(n, 48))
    return (128 + 15 * mixed).clip(0, 255).astype(np.uint8)


@pytest.fixture
def cache(tmp_path):
    """A folder of 400 decoded images."""
    rows(400).tofile(tmp_path / "pixels")
    return ImageCache(tmp_path, "somewhere", SHAPE, Prepared(400, "", 0))


def assert_equal_bins(one, other):
    """To the bit."""
    assert np.array_equal(one.data, other.data)
    assert np.array_equal(one.centres, other.centres)
    assert one.noun == other.noun


@pytest.mark.parametrize(("n", "most"), [(10, 3), (10, 10), (10, 20), (202_599, 2_000)])
def test_some_of_the_images_are_chosen_evenly(n, most):
    """From the first one on, as many as are allowed."""
    chosen = evenly(n, most)
    gaps = np.diff(chosen)
    assert (chosen[0], len(chosen)) == (0, min(n, most))
    assert set(gaps) <= {n // len(chosen), -(-n // len(chosen))}
    assert 0 <= n - 1 - chosen[-1] <= gaps.max()


def test_of_few_images_all_are_learnt_from():
    """Oracle: the same, of all of them at once; the root mean square is of pixels."""
    pixels = rows(400)
    found, images = learn(pixels, SHAPE), decode(pixels).astype(float)
    space = FeatureSpace.of(decode(pixels).reshape(400, *SHAPE))
    assert np.array_equal(found.space.axes, space.axes)
    assert_equal_bins(found.bins, DataBins.of(space(decode(pixels)), 10))
    assert found.rms == pytest.approx(np.sqrt(images.var(axis=0).sum()))


def test_of_many_images_some_are(monkeypatch):
    """The axes from fewer than the bins; two images at a time give the same."""
    pixels = rows(900)
    monkeypatch.setattr(image_features, "AXES_FROM", 200)
    monkeypatch.setattr(image_features, "BINS_FROM", 300)
    found = learn(pixels, SHAPE)
    few, many = decode(pixels[evenly(900, 200)]), decode(pixels[::3])
    space = FeatureSpace.of(few.reshape(-1, *SHAPE))
    assert np.array_equal(found.space.axes, space.axes)
    assert found.bins.data == pytest.approx(space(many))
    assert found.rms == pytest.approx(np.sqrt(many.astype(float).var(axis=0).sum()))
    monkeypatch.setattr(image_features, "_BLOCK", 100)
    again = learn(pixels, SHAPE)
    assert again.bins.data == pytest.approx(found.bins.data)
    assert again.rms == pytest.approx(found.rms)


def test_of_large_images_fewer_are_learnt_from(monkeypatch):
    """So that they fit into memory; but a hundred always."""
    pixels = rows(900)
    for most, n in ((48 * 250, 250), (48 * 7, 100)):
        monkeypatch.setattr(image_features, "MOST_NUMBERS", most)
        space = FeatureSpace.of(decode(pixels[evenly(900, n)]).reshape(-1, *SHAPE))
        assert np.array_equal(learn(pixels, SHAPE).space.mean, space.mean)


@pytest.mark.parametrize(("n", "count"), [(100, 2), (400, 10), (4000, 50)])
def test_there_is_a_bin_for_forty_images_and_fifty_at_most(n, count):
    """Fewer if some had too few images."""
    noise = np.random.default_rng(0).integers(0, 256, (n, 48)).astype(np.uint8)
    found = learn(noise, SHAPE)
    assert 0.6 * count <= found.bins.count <= count


def test_images_in_clusters_have_modes():
    """A mode each."""
    kinds = np.random.default_rng(1).integers(40, 216, (5, 48))
    noise = np.random.default_rng(2).integers(-3, 4, (500, 48))
    pixels = (kinds[np.arange(500) % 5] + noise).astype(np.uint8)
    found = learn(pixels, SHAPE)
    assert (found.bins.count, found.bins.noun) == (5, "modes")


def test_it_is_learnt_once_and_read_back_to_the_bit(cache, monkeypatch):
    told = []
    first = learnt(cache, told.append)
    assert told == [Preparing("learning", 400, 400)]
    monkeypatch.setattr(image_features, "learn", lambda *_: pytest.fail("it was learnt before"))
    again, fresh = learnt(cache, told.append), learn(cache.pixels(), SHAPE)
    assert len(told) == 1
    for one in (first, again):
        assert_equal_bins(one.bins, fresh.bins)
        for name in ("shape", "mean", "scale", "axes"):
            assert np.array_equal(getattr(one.space, name), getattr(fresh.space, name))
        assert one.rms == fresh.rms


def test_images_of_few_pixels_are_compared_pixel_by_pixel(tmp_path):
    """They have no principal axes to keep."""
    rows(200)[:, :16].tofile(tmp_path / "pixels")
    cache = ImageCache(tmp_path, "somewhere", (1, 4, 4), Prepared(200, "", 0))
    for _ in range(2):
        target = data_set(cache)
        assert target.space is not None
        assert target.space.axes is None
        features = target.features(decode(cache.pixels()))
        assert features.std(axis=0) == pytest.approx(np.ones(16))


def test_copies_of_a_few_images_are_refused(tmp_path):
    """Nothing is kept of them."""
    np.tile(rows(3), (50, 1)).tofile(tmp_path / "pixels")
    cache = ImageCache(tmp_path, "somewhere", SHAPE, Prepared(150, "", 0))
    with pytest.raises(RequestError, match="somewhere: the images must be more than copies"):
        learnt(cache)
    assert not (tmp_path / "learnt.npz").exists()
