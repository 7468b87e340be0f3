"""Coverage with a k of its own: closed forms, invariants, and clusters that are missed."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.covering import covered_share, neighbours_to_cover
from vistab.fidelity.neighbours import neighbour_radii, neighbourhoods


def missed_by_chance(n: int, m: int, k: int) -> float:
    """Share of balls without a sample of a perfect sampler (Naeem et al.)."""
    return prod((m - i) / (m + n - i) for i in range(1, k + 1))


@given(st.integers(1, 300), st.integers(60, 300), st.floats(0.5, 0.98))
def test_the_smallest_k_that_covers_enough(n: int, m: int, coverage: float) -> None:
    k = neighbours_to_cover(n, m, coverage)
    assert 1 <= k < m
    assert missed_by_chance(n, m, k) <= 1 - coverage + 1e-12
    assert k == 1 or missed_by_chance(n, m, k - 1) > 1 - coverage - 1e-12


def test_k_is_5_for_as_many_samples_as_data_and_more_for_fewer() -> None:
    assert neighbours_to_cover(2000, 2000, 0.5) == 1
    assert [neighbours_to_cover(n, 2000) for n in (2000, 500, 100)] == [5, 16, 70]


def test_there_are_no_more_neighbours_than_data() -> None:
    assert neighbours_to_cover(1, 10, 0.99) == 9


@pytest.mark.parametrize("n", [20, 100, 400])
def test_a_perfect_sampler_of_any_size_covers_what_was_aimed_at(
    n: int, rng: np.random.Generator
) -> None:
    m, repeats = 100, 200
    k = neighbours_to_cover(n, m, 0.9)
    scores = []
    for _ in range(repeats):
        reference = rng.exponential(size=(m, 2)) ** 2
        samples = rng.exponential(size=(n, 2)) ** 2
        scores.append(covered_share(samples, reference, neighbour_radii(reference, k)))
    assert abs(np.mean(scores) - 1 + missed_by_chance(n, m, k)) < 4 * np.std(scores) / repeats**0.5


@given(st.integers(7, 25), st.integers(7, 25), st.integers(1, 6), st.integers(0, 99))
def test_the_coverage_alone_is_the_same(n: int, m: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples, reference = (rng.integers(-4, 5, size=(size, 2)).astype(float) for size in (n, m))
    alone = covered_share(samples, reference, neighbour_radii(reference, k))
    assert alone == neighbourhoods(samples, reference, neighbour_radii(reference, k), k).coverage


@pytest.mark.parametrize("n", [100, 300, 1000])
def test_a_missed_cluster_shows_at_any_size(n: int, rng: np.random.Generator) -> None:
    """With a tenth of the data missed 12 % of balls are empty; of a perfect sampler's 3 %."""
    cluster = np.arange(1000) % 10
    reference = 50.0 * np.eye(10)[cluster] + rng.normal(size=(1000, 10))
    radii = neighbour_radii(reference, neighbours_to_cover(n, 1000))
    fresh = 50.0 * np.eye(10)[cluster[:n]] + rng.normal(size=(n, 10))
    missing = 50.0 * np.eye(10)[np.arange(n) % 9] + rng.normal(size=(n, 10))
    assert covered_share(missing, reference, radii) < 0.91
    assert covered_share(fresh, reference, radii) > 0.94
