"""Oracles: closed forms of Gaussians, scipy's matrix square root, numpy's covariance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.stats import ortho_group

from vistab.fidelity.frechet import Gaussian, frechet_distance


def fitted_distance(samples: np.ndarray, reference: np.ndarray) -> float:
    return frechet_distance(Gaussian.fitted(samples), Gaussian.fitted(reference))


def textbook_distance(samples: np.ndarray, reference: np.ndarray) -> float:
    """As Heusel et al. write it."""
    means = samples.mean(axis=0) - reference.mean(axis=0)
    one, other = (np.atleast_2d(np.cov(points, rowvar=False)) for points in (samples, reference))
    return float(means @ means + np.trace(one + other - 2 * sqrtm(one @ other).real))


def random_points(rng: np.random.Generator, n: int, f: int) -> np.ndarray:
    return rng.normal(size=(n, f)) @ rng.normal(size=(f, f)) + rng.normal(size=f)


def test_along_a_line_it_is_the_difference_of_means_and_of_deviations_squared() -> None:
    one = Gaussian(np.array([1.0]), np.array([[2.0]]))
    other = Gaussian(np.array([4.0]), np.array([[-7.0]]))  # a factor, whose sign means nothing
    assert frechet_distance(one, other) == pytest.approx(3**2 + 5**2)


def test_axes_of_their_own_add_up() -> None:
    one = Gaussian(np.array([0.0, 1, 0]), np.diag([1.0, 2, 3]))
    other = Gaussian(np.array([0.0, 1, 5]), np.diag([4.0, 2, 1]))
    assert frechet_distance(one, other) == pytest.approx(25 + 9 + 0 + 4)


def test_gaussians_in_planes_at_right_angles_have_no_spread_in_common() -> None:
    one = Gaussian(np.zeros(4), np.array([[1.0, 2, 0, 0]]))
    other = Gaussian(np.zeros(4), np.array([[0.0, 0, 3, 0], [0, 0, 0, 1]]))
    assert frechet_distance(one, other) == pytest.approx(5 + 10)


@pytest.mark.parametrize(("n", "m", "f"), [(50, 80, 1), (200, 100, 7), (300, 400, 40)])
def test_equals_the_formula_with_scipys_square_root(
    n: int, m: int, f: int, rng: np.random.Generator
) -> None:
    samples, reference = random_points(rng, n, f), random_points(rng, m, f)
    expected = textbook_distance(samples, reference)
    assert fitted_distance(samples, reference) == pytest.approx(expected, rel=1e-9)


def test_a_fitted_gaussian_has_the_covariance_of_numpy(rng: np.random.Generator) -> None:
    points = random_points(rng, 30, 5)
    for found in (Gaussian.fitted(points), Gaussian.fitted(points).compact()):
        expected = np.cov(points, rowvar=False)
        np.testing.assert_allclose(found.factor.T @ found.factor, expected, rtol=1e-10)


@pytest.mark.parametrize(("n", "f"), [(40, 6), (6, 40)])
def test_compact_is_small_and_the_same(n: int, f: int, rng: np.random.Generator) -> None:
    one, other = Gaussian.fitted(random_points(rng, n, f)), Gaussian.fitted(rng.normal(size=(9, f)))
    assert len(one.compact().factor) == min(n, f)
    expected = frechet_distance(one, other)
    assert frechet_distance(one.compact(), other) == pytest.approx(expected)


def test_fewer_samples_than_features_give_what_the_features_that_vary_give(
    rng: np.random.Generator,
) -> None:
    """20 samples in a plane of 3 of 200 dimensions; the formula, in the plane, has full rank."""
    plane = ortho_group.rvs(200, random_state=rng)[:3]
    samples, reference = random_points(rng, 20, 3), random_points(rng, 30, 3)
    expected = textbook_distance(samples, reference)
    assert fitted_distance(samples @ plane, reference @ plane) == pytest.approx(expected)


@given(st.integers(2, 12), st.integers(2, 12), st.integers(1, 12), st.integers(0, 99))
def test_it_is_symmetric_knows_no_direction_and_grows_with_the_square_of_the_unit(
    n: int, m: int, f: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    one, other = random_points(rng, n, f), random_points(rng, m, f)
    turn = ortho_group.rvs(f, random_state=rng) if f > 1 else -np.eye(1)
    expected = pytest.approx(fitted_distance(one, other), rel=1e-6, abs=1e-9)
    assert fitted_distance(other, one) == expected
    assert fitted_distance(one @ turn + 3, other @ turn + 3) == expected
    assert fitted_distance(3 * one, 3 * other) / 9 == expected


@pytest.mark.parametrize(("n", "f"), [(100, 5), (5, 100)])
def test_nothing_is_as_close_to_points_as_they_themselves(
    n: int, f: int, rng: np.random.Generator
) -> None:
    points = random_points(rng, n, f)
    assert 0 <= fitted_distance(points, rng.permutation(points)) < 1e-9 * np.sum(points**2)
