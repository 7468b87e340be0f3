"""Each candidate against closed forms, other code, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportions_ztest

from candidates.different_bins import different_bins
from candidates.duplicates import duplicate_distance, near_duplicates, nearest_other
from candidates.vendi import rbf_vendi


def test_equal_counts_do_not_differ() -> None:
    counts = np.array([10, 20, 70])
    assert different_bins(counts, counts) == different_bins(counts, 5 * counts) == 0


def test_a_bin_with_nothing_in_it_at_all_does_not_differ() -> None:
    assert different_bins(np.array([0, 5]), np.array([0, 50])) == 0


def test_bins_differ_where_a_test_of_proportions_says_so(rng: np.random.Generator) -> None:
    """Oracle: statsmodels."""
    for _ in range(20):
        counts, reference = rng.multinomial(200, [0.1] * 10), rng.multinomial(900, [0.1] * 10)
        pairs = zip(counts, reference, strict=True)
        p = np.array([proportions_ztest(pair, [200, 900])[1] for pair in pairs])
        assert different_bins(counts, reference, 0.2) == pytest.approx(np.mean(p < 0.2))


def test_a_perfect_samplers_bins_differ_at_the_level(rng: np.random.Generator) -> None:
    shares = np.full(20, 1 / 20)
    drawn = [
        different_bins(rng.multinomial(2000, shares), rng.multinomial(4000, shares))
        for _ in range(200)
    ]
    assert np.mean(drawn) == pytest.approx(0.05, abs=0.01)


@given(st.integers(1, 12), st.integers(1, 5))
def test_copies_of_points_far_apart_count_once_each(n: int, copies: int) -> None:
    points = np.repeat(np.eye(n), copies, axis=0)
    for order in (1, 2):
        assert rbf_vendi(1e3 * points, 1.0, order) == pytest.approx(n)


def test_two_clusters_of_unequal_size() -> None:
    """Shares p and 1 - p: exp of their entropy, and one over the sum of their squares."""
    points = np.repeat([[0.0, 0.0], [1e3, 0.0]], [30, 10], axis=0)
    p = np.array([0.75, 0.25])
    assert rbf_vendi(points, 1.0) == pytest.approx(np.exp(-np.sum(p * np.log(p))))
    assert rbf_vendi(points, 1.0, order=2) == pytest.approx(1 / np.sum(p**2))


def test_two_points_at_a_distance_of_one_bandwidth() -> None:
    """Eigenvalues (1 +- exp(-1/2)) / 2."""
    eigenvalues = (1 + np.exp(-0.5) * np.array([1, -1])) / 2
    expected = np.exp(-np.sum(eigenvalues * np.log(eigenvalues)))
    assert rbf_vendi(np.array([[0.0], [3.0]]), 3.0) == pytest.approx(expected)


@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 99))
def test_vendi_lies_between_one_and_n_and_knows_no_order_or_place(
    n: int, f: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=(n, f))
    moved = 2 * (rng.permutation(samples) + 5)
    for order in (1, 2):
        score = rbf_vendi(samples, 0.7, order)
        assert 1 - 1e-9 <= score <= n + 1e-9
        assert rbf_vendi(moved, 1.4, order) == pytest.approx(score)
    assert rbf_vendi(samples, 0.7, 2) <= rbf_vendi(samples, 0.7, 1) + 1e-9


def test_the_nearest_other_one(rng: np.random.Generator) -> None:
    assert nearest_other(np.array([[0.0], [1], [4], [4]])).tolist() == [1, 1, 0, 0]


def test_the_reference_has_the_share_of_near_duplicates_that_was_asked_for(
    rng: np.random.Generator,
) -> None:
    reference = rng.normal(size=(1000, 3))
    within = duplicate_distance(reference, 500, 0.1)
    assert near_duplicates(reference[:500], within) == pytest.approx(0.1, abs=0.003)
    fresh = [near_duplicates(rng.normal(size=(500, 3)), within) for _ in range(40)]
    assert np.mean(fresh) == pytest.approx(0.1, abs=0.03)


def test_samples_that_repeat_are_near_duplicates(rng: np.random.Generator) -> None:
    reference, fresh = rng.normal(size=(300, 3)), rng.normal(size=(100, 3))
    within = duplicate_distance(reference, 300, 0.01)
    repeated = np.concatenate([fresh, fresh[:50]])
    assert near_duplicates(repeated, within) == pytest.approx(100 / 150, abs=0.05)
