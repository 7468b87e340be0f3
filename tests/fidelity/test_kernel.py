"""Oracle: scikit-learn's polynomial kernel, all pairs by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import polynomial_kernel

from vistab.fidelity import blocks
from vistab.fidelity.kernel import kernel_distance, mean_kernel


def distance(samples: np.ndarray, reference: np.ndarray) -> float:
    return kernel_distance(samples, reference, mean_kernel(reference))


def brute_force(samples: np.ndarray, reference: np.ndarray) -> float:
    def kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return polynomial_kernel(one, other, degree=3, gamma=1 / one.shape[1], coef0=1)

    def of_different_ones(points: np.ndarray) -> float:
        return kernel(points, points)[~np.eye(len(points), dtype=bool)].mean()

    between = kernel(samples, reference).mean()
    return of_different_ones(samples) + of_different_ones(reference) - 2 * between


@pytest.mark.parametrize(("n", "m", "f"), [(30, 50, 4), (50, 30, 100), (2, 2, 1)])
def test_equals_scikit_learns_kernel_over_all_pairs(
    n: int, m: int, f: int, rng: np.random.Generator
) -> None:
    samples, reference = 2 * rng.normal(size=(n, f)) + 1, rng.normal(size=(m, f))
    expected = brute_force(samples, reference)
    assert distance(samples, reference) == pytest.approx(expected, rel=1e-10)


def test_two_points_in_many_copies() -> None:
    """k(a, a) + k(b, b) - 2 k(a, b), for a = (1, 1), b = (2, 0): 8 + 27 - 2 x 8."""
    samples, reference = np.tile([1.0, 1.0], (4, 1)), np.tile([2.0, 0.0], (3, 1))
    assert distance(samples, reference) == pytest.approx(19)


@pytest.mark.parametrize("n", [5, 40])
def test_a_perfect_sampler_scores_0_on_average_whatever_its_size(
    n: int, rng: np.random.Generator
) -> None:
    scores = np.array(
        [distance(rng.normal(size=(n, 3)), rng.normal(size=(30, 3))) for _ in range(2000)]
    )
    assert abs(scores.mean()) < 4 * scores.std() / np.sqrt(len(scores))
    assert (scores < 0).any()


def test_blocks_make_no_difference(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, reference = rng.normal(size=(50, 3)), rng.normal(size=(70, 3))
    whole = distance(samples, reference)
    for at_once in (1, 7 * 50, 1000):
        monkeypatch.setattr(blocks, "_AT_ONCE", at_once)
        assert distance(samples, reference) == pytest.approx(whole, rel=1e-10)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 5), st.integers(0, 99))
def test_order_and_direction_mean_nothing_and_the_sides_can_be_exchanged(
    n: int, m: int, f: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    samples, reference = rng.normal(size=(n, f)), rng.normal(size=(m, f))
    turn, _ = np.linalg.qr(rng.normal(size=(f, f)))
    expected = pytest.approx(distance(samples, reference), abs=1e-9)
    assert distance(rng.permutation(samples) @ turn, rng.permutation(reference) @ turn) == expected
    assert distance(reference, samples) == expected
