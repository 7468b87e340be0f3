"""Do samples lie where data are?"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from vistab.targets.features import FeatureSpace
from vistab.targets.nearness import Nearness

IMAGES = load_digits().images / 8 - 1
KNOWN, REST = IMAGES[::2], IMAGES[1::2]
SPACE = FeatureSpace.of(KNOWN)
DIGITS = Nearness.of(SPACE(KNOWN))
PIXELS = REST.reshape(len(REST), -1)


def matched(n: int, axes: int, rng: np.random.Generator) -> np.ndarray:
    """Noise with the mean and the covariance of the digits, along their first principal axes."""
    mean = PIXELS.mean(axis=0)
    _, s, v = np.linalg.svd(PIXELS - mean, full_matrices=False)
    return mean + rng.normal(size=(n, axes)) * s[:axes] / len(PIXELS) ** 0.5 @ v[:axes]


def among(pixels: np.ndarray) -> bool:
    return DIGITS.among(SPACE(pixels.reshape(-1, 8, 8)))


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("axes", [10, 20, 64])
def test_noise_with_the_datas_mean_and_covariance_is_not_among_them(n: int, axes: int) -> None:
    rng = np.random.default_rng(axes)
    drawn = [matched(n, axes, rng) for _ in range(20)]
    assert not any(map(among, drawn))
    assert not any(among(pixels.clip(-1, 1)) for pixels in drawn)


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_the_mean_image_is_not_among_the_data_whatever_its_noise(noise: float) -> None:
    rng = np.random.default_rng(0)
    assert not among(PIXELS.mean(axis=0) + noise * rng.normal(size=(300, 64)))


def test_new_data_are_with_noise_and_strays_too() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        new = PIXELS[rng.permutation(len(PIXELS))[:100]]
        assert among(new)
        assert among(new + 0.1 * rng.normal(size=new.shape))
        assert among(np.where(rng.random((100, 1)) < 0.4, rng.uniform(-1, 1, new.shape), new))


def test_data_around_their_mean_have_samples_there() -> None:
    """A single Gaussian has no hollow middle: a point in it is a collapse, on the data."""
    rng = np.random.default_rng(0)
    blob = Nearness.of(rng.normal(size=(1000, 2)))
    assert blob.least == 0
    assert blob.among(0.01 * rng.normal(size=(100, 2)))


def test_what_is_far_too_large_is_nowhere() -> None:
    assert not DIGITS.among(np.full((20, SPACE.dimension), 1e300))
