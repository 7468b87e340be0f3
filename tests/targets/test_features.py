"""Where samples without known modes are compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA

from vistab.targets.features import FeatureSpace


def images(seed: int, m: int = 300) -> np.ndarray:
    """Images [m, 8, 8] that vary along a few directions, and hardly along the others."""
    rng = np.random.default_rng(seed)
    directions = np.random.default_rng(0).normal(size=(5, 64))
    flat = rng.normal(size=(m, 5)) @ directions + 0.01 * rng.normal(size=(m, 64))
    return flat.reshape(m, 8, 8)


def test_few_features_are_measured_in_their_own_deviations() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(500, 3)) * [1e-3, 1.0, 1e3] + [5, 0, 7]
    features = FeatureSpace.of(data)(data)
    assert features.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert features.std(axis=0) == pytest.approx(np.ones(3))


def test_a_feature_that_never_changes_keeps_its_units() -> None:
    data = np.c_[np.random.default_rng(0).normal(size=200), np.full(200, 3.0)]
    space = FeatureSpace.of(data)
    assert np.all(space(data)[:, 1] == 0)
    assert space(data + np.array([0, 2]))[:, 1] == pytest.approx(np.full(200, 2.0))


def test_images_lie_along_the_principal_axes_of_their_reference() -> None:
    """Oracle: scikit-learn's PCA, but for the axes' signs."""
    data, others = images(0), images(1)
    space = FeatureSpace.of(data)
    kept = space.dimension - 1
    oracle = PCA().fit(data.reshape(300, -1))
    share = np.cumsum(oracle.explained_variance_ratio_)
    assert kept == np.argmax(share >= 0.95) + 1 == 5
    expected = oracle.transform(others.reshape(300, -1))[:, :kept]
    assert np.abs(space(others)[:, :kept]) == pytest.approx(np.abs(expected), abs=1e-9)


def test_what_lies_off_the_axes_is_seen_by_its_length() -> None:
    data = images(0)
    space = FeatureSpace.of(data)
    off = np.random.default_rng(2).normal(size=(300, 64))
    off -= off @ space.axes.T @ space.axes  # type: ignore[union-attr]
    moved = space(data + off.reshape(data.shape))
    assert moved[:, :-1] == pytest.approx(space(data)[:, :-1], abs=1e-9)
    residual = data.reshape(300, -1) - space.mean
    residual = residual - residual @ space.axes.T @ space.axes + off  # type: ignore[union-attr]
    assert moved[:, -1] == pytest.approx(np.linalg.norm(residual, axis=1))


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_images_never_come_farther_apart(seed: int, size: float) -> None:
    space = FeatureSpace.of(images(0))
    samples = images(seed, 10) + size * np.random.default_rng(seed).normal(size=(10, 8, 8))
    assert np.all(pdist(space(samples)) <= pdist(samples.reshape(10, -1)) + 1e-9)


def test_at_most_fifty_axes_are_kept() -> None:
    data = np.random.default_rng(0).normal(size=(400, 100))
    assert FeatureSpace.of(data).dimension == 51


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_what_is_not_finite_stays_so_and_alone(bad: float) -> None:
    for data in (images(0), np.random.default_rng(0).normal(size=(300, 2))):
        space = FeatureSpace.of(data)
        samples = data.copy()
        samples.reshape(300, -1)[3, 0] = bad
        finite = np.isfinite(space(samples)).all(axis=1)
        assert np.all(finite[[0, 1, 2, 4]])
        assert not finite[3] or np.isfinite(bad)


def test_whole_numbers_are_taken_as_numbers() -> None:
    data = np.random.default_rng(0).integers(0, 256, (200, 8, 8), dtype=np.uint8)
    assert FeatureSpace.of(data)(data) == pytest.approx(FeatureSpace.of(data)(data.astype(float)))


@pytest.mark.parametrize("m", [60, 90])
def test_with_fewer_data_than_pixels_the_axes_are_those_of_the_svd(m: int) -> None:
    """Up to their signs, and as many of them."""
    rng = np.random.default_rng(m)
    data = rng.standard_normal((m, 20)) * np.linspace(5, 1, 20) @ rng.standard_normal((20, 70))
    found = FeatureSpace.of(data).axes
    assert found is not None
    _, singular, axes = np.linalg.svd(data - data.mean(axis=0), full_matrices=False)
    share = np.cumsum(singular**2) / np.sum(singular**2)
    assert len(found) == int(np.sum(share < 0.95)) + 1
    np.testing.assert_allclose(np.abs(found @ axes[: len(found)].T), np.eye(len(found)), atol=1e-9)
