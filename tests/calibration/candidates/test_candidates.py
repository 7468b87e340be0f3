"""Each candidate against closed forms, other code, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from sklearn.neighbors import KNeighborsClassifier
from statsmodels.stats.proportion import proportions_ztest

from candidates.different_bins import different_bins
from candidates.duplicates import duplicate_distance, near_duplicates, nearest_other
from candidates.memorisation import distance_ratio
from candidates.nearest_neighbour_test import own_neighbour_shares
from candidates.spread_ratio import spread_ratio
from candidates.vendi import cosine_vendi, rbf_vendi


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


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


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 99))
def test_copies_of_orthogonal_vectors_count_once_each(n: int, copies: int, seed: int) -> None:
    """Of any length, and by either kernel, if the other's points are far apart."""
    rng = np.random.default_rng(seed)
    length = rng.uniform(1, 9, size=(n * copies, 1))
    points = np.repeat(np.eye(n), copies, axis=0)
    assert cosine_vendi(length * points) == pytest.approx(n)
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


@pytest.mark.parametrize(("n", "f"), [(40, 5), (5, 40)])
def test_cosine_vendi_from_whichever_matrix_is_smaller(
    n: int, f: int, rng: np.random.Generator
) -> None:
    """Oracle: the definition, with all n eigenvalues."""
    samples = rng.normal(size=(n, f))
    rows = samples / np.linalg.norm(samples, axis=1, keepdims=True)
    eigenvalues = np.linalg.svd(rows, compute_uv=False) ** 2 / n
    assert cosine_vendi(samples) == pytest.approx(
        np.exp(-np.sum(eigenvalues * np.log(eigenvalues)))
    )


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


def test_copies_of_the_data_are_at_no_distance_and_new_data_at_that_of_others(
    rng: np.random.Generator,
) -> None:
    reference, held_out, samples = rng.normal(size=(3, 2000, 2))
    assert distance_ratio(reference[:50], reference, held_out) == 0
    assert distance_ratio(samples, reference, held_out) == pytest.approx(1, abs=0.15)
    assert distance_ratio(samples + 50, reference, held_out) > 100


def test_the_spread_is_that_of_the_distances(rng: np.random.Generator) -> None:
    """Oracle: the mean squared distance of two points is twice the variance."""
    samples, reference = 3 * rng.normal(size=(50, 4)) + 9, rng.normal(size=(70, 4))
    squares = [
        np.mean(pdist(points) ** 2) * (len(points) - 1) / len(points)
        for points in (samples, reference)
    ]
    assert spread_ratio(samples, reference) == pytest.approx(np.sqrt(squares[0] / squares[1]))


def test_own_neighbours_are_those_of_a_classifier(rng: np.random.Generator) -> None:
    """Oracle: scikit-learn, asked for each point without that point."""
    samples, reference = rng.normal(size=(30, 2)) + 1, rng.normal(size=(40, 2))
    both, label = np.concatenate([samples, reference[:30]]), np.arange(60) < 30
    right = np.empty(60, dtype=bool)
    for i in range(60):
        rest = np.arange(60) != i
        classifier = KNeighborsClassifier(1).fit(both[rest], label[rest])
        right[i] = classifier.predict(both[[i]])[0] == label[i]
    expected = (right[:30].mean(), right[30:].mean())
    assert own_neighbour_shares(samples, reference) == pytest.approx(expected)


def test_own_neighbours_of_a_perfect_sampler_are_half(rng: np.random.Generator) -> None:
    samples, reference = rng.normal(size=(2, 3000, 3))
    expected = pytest.approx((0.5, 0.5), abs=0.05)
    assert own_neighbour_shares(samples, reference) == expected


def test_own_neighbours_tell_repeats_from_memories(rng: np.random.Generator) -> None:
    """Repeated samples are their own neighbours; copied data are neighbours of the data."""
    reference = rng.normal(size=(200, 3))
    repeated = np.repeat(rng.normal(size=(20, 3)), 10, axis=0)
    assert own_neighbour_shares(repeated, reference)[0] == 1
    assert own_neighbour_shares(reference.copy(), reference) == (0, 0)
