import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi, chi2

from vistab.targets.base import KnownModes


def apart(dimension: int, *, std: float = 0.1) -> KnownModes:
    """Three modes of different weight, far apart, in any number of dimensions."""
    centres = np.zeros((3, dimension))
    centres[:, 0] = [-5.0, 0.0, 9.0]
    return KnownModes(centres, np.array([1.0, 2.0, 5.0]), std)


def drawn(modes: KnownModes, n: int) -> np.ndarray:
    """A plain sampler to compare with, written without the package."""
    rng = np.random.default_rng(7)
    which = rng.choice(len(modes.weights), size=n, p=modes.weights)
    return modes.centres[which] + modes.std * rng.normal(size=(n, modes.centres.shape[1]))


def test_weights_are_made_to_sum_to_one() -> None:
    assert apart(2).weights == pytest.approx([0.125, 0.25, 0.625])


def test_a_perfect_sampler_of_two_dimensions_has_98_9_percent_of_high_quality() -> None:
    assert apart(2).ceiling == pytest.approx(0.98889, abs=1e-5)


@pytest.mark.parametrize("dimension", [1, 2, 3, 10])
def test_ceiling_and_spread_agree_with_scipys_chi_distribution(dimension: int) -> None:
    """Oracles: scipy's chi-square cdf, and a numerical integral over scipy's chi density."""
    modes = apart(dimension, std=0.1)
    reach = 3.0 if dimension <= 2 else np.sqrt(chi2(dimension).ppf(chi2(2).cdf(9)))
    inside = chi2(dimension).cdf(reach**2)
    square = chi(dimension).expect(lambda r: r**2, lb=0, ub=reach, conditional=True)
    assert modes.radius == pytest.approx(0.1 * reach)
    assert modes.ceiling == pytest.approx(inside, rel=1e-12)
    assert modes.fair_shares == pytest.approx(modes.weights * inside)
    assert modes.high_quality_stds == pytest.approx(0.1 * np.sqrt(square / dimension), rel=1e-6)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_scales_agree_with_a_large_sample(dimension: int) -> None:
    modes = apart(dimension)
    samples = drawn(modes, 200_000)
    assert modes.mean == pytest.approx(samples.mean(axis=0), abs=0.05)
    deviation = samples - samples.mean(axis=0)
    assert modes.rms == pytest.approx(np.sqrt((deviation**2).sum(axis=1).mean()), rel=0.01)
    assert modes.within_mode_rms == pytest.approx(0.1 * np.sqrt(dimension))


@pytest.mark.parametrize(
    ("centres", "std", "dimension"),
    [
        ([[1, 0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]], 0.02, 2),  # a ring
        ([[0, 0], [1, 0], [0, 1], [1, 1]], 0.02, 2),  # a grid
        ([[0, 0], [5, 0]], 0.1, 1),  # two modes differ in one direction
        ([[1, -2, 3]], 0.5, 3),  # a Gaussian is as wide in all
        ([[0, 0], [5, 0]], 10.0, 2),  # so are modes that overlap
    ],
)
def test_the_effective_dimension_counts_directions(
    centres: list[list[float]], std: float, dimension: int
) -> None:
    modes = KnownModes(np.array(centres), np.ones(len(centres)), std)
    assert modes.effective_dimension == dimension


def test_the_effective_dimension_is_that_of_a_large_sample() -> None:
    """Oracle: eigenvalues of an empirical covariance, with uneven weights in three dimensions."""
    centres = np.array([[0.0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 2]])
    modes = KnownModes(centres, np.array([1.0, 2, 2, 5]), 0.3)
    values = np.linalg.eigvalsh(np.cov(drawn(modes, 100_000).T))
    assert modes.effective_dimension == round(values.sum() ** 2 / (values**2).sum())


def test_samples_from_too_far_away_still_have_an_index() -> None:
    """Their distance overflows, and the tree then finds no point at all."""
    distance, index = apart(2).nearest(np.full((1, 2), 1e200))
    assert distance == np.inf
    assert index < 3


def test_overlapping_modes_are_expected_to_share_by_nearest_centre() -> None:
    """Two modes 1 std apart: what is expected of a perfect sampler is what one does."""
    modes = KnownModes(np.array([[0.0, 0.0], [0.1, 0.0]]), np.array([1.0, 3.0]), 0.1)
    distance = np.linalg.norm(drawn(modes, 200_000)[:, None] - modes.centres, axis=2)
    good = distance.min(axis=1) <= 0.3
    shares = [np.mean(good & (distance.argmin(axis=1) == j)) for j in (0, 1)]
    assert modes.fair_shares == pytest.approx(shares, abs=0.005)
    assert modes.ceiling > chi2(2).cdf(9)
    assert np.all(modes.high_quality_stds < 0.1)


def test_modes_that_barely_touch_are_rated_alike_by_both_ways_of_reckoning() -> None:
    """The closed form and the reference sample meet where balls begin to overlap."""
    near, far = (
        KnownModes(np.array([[0.0, 0.0], [gap, 0.0]]), np.ones(2), 1.0) for gap in (5.99, 6.01)
    )
    assert near.fair_shares == pytest.approx(far.fair_shares, abs=0.004)
    assert near.high_quality_stds == pytest.approx(far.high_quality_stds, rel=0.01)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 10**6))
def test_the_nearest_centre_is_found(dimension: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    modes = KnownModes(rng.normal(size=(count, dimension)), np.ones(count), 0.1)
    samples = rng.normal(size=(2, 30, dimension))
    distances = np.linalg.norm(samples[:, :, None] - modes.centres, axis=3)
    distance, index = modes.nearest(samples)
    assert distance == pytest.approx(distances.min(axis=2))
    assert np.array_equal(index, distances.argmin(axis=2))


def test_known_modes_cannot_be_changed() -> None:
    modes = apart(2)
    with pytest.raises(ValueError, match="read-only"):
        modes.centres[0, 0] = 1.0


def test_building_modes_leaves_the_callers_arrays_alone() -> None:
    centres, weights = np.zeros((1, 2)), np.ones(1)
    KnownModes(centres, weights, 0.1)
    centres[0, 0], weights[0] = 1.0, 2.0


@pytest.mark.parametrize(
    ("centres", "weights", "std", "message"),
    [
        ([[0.0, 0.0]], [1.0, 1.0], 0.1, "must be"),
        ([], [], 0.1, "must be"),
        ([0.0, 1.0], [1.0, 1.0], 0.1, "must be"),
        ([[0.0], [1.0]], [1.0, 0.0], 0.1, "positive"),
        ([[0.0], [1.0]], [1.0, 1.0], 0.0, "positive"),
        ([[0.5], [0.5]], [1.0, 1.0], 0.1, "coincide"),
    ],
)
def test_impossible_modes_are_refused(
    centres: list[list[float]], weights: list[float], std: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        KnownModes(np.array(centres), np.array(weights), std)
