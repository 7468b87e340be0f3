import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

from vistab.spec.targets import DigitsTarget
from vistab.targets import Modes, make_target
from vistab.targets.bins import DataBins
from vistab.targets.covariance import mean_pair_product, participation_ratio
from vistab.targets.digits import DataSet

CENTRES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


@pytest.fixture(scope="module")
def digits() -> DataSet:
    """The digits, as every study builds them."""
    return make_target(DigitsTarget(kind="digits"))


@pytest.fixture(scope="module")
def blobs() -> DataBins:
    """4000 data in four plain Gaussians, which the bins have to find; the first has half of all."""
    rng = np.random.default_rng(0)
    which = np.r_[np.zeros(2000, int), np.repeat([1, 2, 3], [800, 800, 400])]
    return DataBins.of(CENTRES[which] + 0.5 * rng.normal(size=(4000, 2)), 4)


# Data of one feature, and too few


def test_bins_of_numbers_know_their_spread() -> None:
    """One feature: the covariance is a variance, and every bin's deviation that of its data."""
    data = np.random.default_rng(0).normal(size=(300, 1))
    bins = DataBins.of(data, 3)
    _, index = bins.nearest(data)
    kept = np.abs(data - bins.centres[index])[:, 0] <= bins.radii[index]
    assert (bins.effective_dimension, bins.flat) == (1, False)
    for i, deviation in enumerate(bins.high_quality_stds):
        assert deviation == pytest.approx(data[kept & (index == i)].std(ddof=1))


# Digits


def test_digits_are_scikit_learns_scaled_from_minus_one_to_one(digits: DataSet) -> None:
    assert digits.dimension == 64
    assert digits.data.min() == -1
    assert digits.data.max() == 1
    assert (digits.data + 1) * 8 == pytest.approx(load_digits().data)


def test_digits_are_drawn_evenly_and_with_replacement(digits: DataSet) -> None:
    """Of N draws from N data, e^-1 of the data are not seen."""
    samples = digits.sample(1797, np.random.default_rng(0))
    assert samples.shape == (1797, 64)
    assert samples.dtype == np.float32
    nearest = cdist(samples, digits.data).argmin(axis=1)
    assert np.array_equal(digits.data[nearest], samples)
    assert len(np.unique(nearest)) / 1797 == pytest.approx(1 - np.exp(-1), abs=0.03)
    assert nearest.mean() == pytest.approx(898, abs=40)


def test_the_same_generator_draws_the_same_digits(digits: DataSet) -> None:
    first, again, other = (digits.sample(20, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_digits_cannot_be_changed_by_who_draws_them(digits: DataSet) -> None:
    digits.sample(5, np.random.default_rng(0))[:] = 7
    assert digits.data.max() == 1
    with pytest.raises(ValueError, match="read-only"):
        digits.data[0] = 7


def test_bins_of_digits_are_the_same_each_time(digits: DataSet) -> None:
    again = DataBins.of(digits.data, digits.modes.count)
    assert np.array_equal(again.centres, digits.modes.centres)


def test_every_class_of_digit_has_a_bin_that_is_lost_without_it(digits: DataSet) -> None:
    """So that a model which leaves a digit out cannot hold every bin (a quarter of its share)."""
    label = load_digits().target
    _, index = digits.modes.nearest(digits.data)
    share = np.array([np.bincount(label[index == i], minlength=10) for i in range(20)])
    left = 1 - share / share.sum(axis=1, keepdims=True)
    assert np.all(left.min(axis=0) < 0.15)


def test_no_bin_is_too_small_to_be_counted_in_a_snapshot(digits: DataSet) -> None:
    assert 512 * digits.modes.fair_shares.min() > 6


def test_digits_spread_in_about_thirteen_directions(digits: DataSet) -> None:
    """Oracle: eigenvalues of the covariance."""
    values = np.linalg.eigvalsh(np.cov(digits.data.astype(float).T))
    assert digits.modes.effective_dimension == round(values.sum() ** 2 / (values**2).sum()) == 13


def test_digits_are_flat_for_some_pixels_never_change(digits: DataSet, blobs: DataBins) -> None:
    assert np.any(np.ptp(digits.data, axis=0) == 0)
    assert digits.modes.flat
    assert not blobs.flat


# Bins


def test_bins_find_plain_clusters(blobs: DataBins) -> None:
    assert blobs.count == 4
    assert blobs.dimension == 2
    assert cdist(CENTRES, blobs.centres).min(axis=1) == pytest.approx(np.zeros(4), abs=0.1)


def test_bins_of_gaussians_are_rated_as_the_gaussians_are(blobs: DataBins) -> None:
    """Oracle: the closed forms of KnownModes, with 99 % where 3 std hold 98.9 %."""
    _, index = blobs.nearest(CENTRES)
    assert blobs.std == pytest.approx(0.5, rel=0.02)
    assert blobs.radii == pytest.approx(np.full(4, 0.5 * np.sqrt(-2 * np.log(0.01))), rel=0.1)
    assert blobs.fair_shares[index] == pytest.approx(
        0.99 * np.array([0.5, 0.2, 0.2, 0.1]), rel=0.01
    )
    assert blobs.ceiling == pytest.approx(0.99, abs=0.002)
    assert blobs.high_quality_stds == pytest.approx(np.full(4, 0.974 * 0.5), rel=0.05)


def test_mean_and_scale_are_the_datas_own(blobs: DataBins) -> None:
    assert blobs.mean == pytest.approx(blobs.data.mean(axis=0))
    assert blobs.rms == pytest.approx(np.sqrt(blobs.data.var(axis=0).sum()))
    assert blobs.effective_dimension == 2


def test_bins_are_modes(blobs: DataBins) -> None:
    """What asks for the protocol's properties finds them; values are tested above."""
    wanted = {name for name in vars(Modes) if not name.startswith("_")}
    assert all(hasattr(blobs, name) for name in wanted)


# Numbers of a covariance


def test_participation_ratio_counts_equal_directions() -> None:
    assert participation_ratio(np.eye(7)) == pytest.approx(7)
    assert participation_ratio(np.diag([5.0, 0, 0])) == pytest.approx(1)
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    three = turned @ np.diag([2.0, 2, 2, 0, 0]) @ turned.T
    assert participation_ratio(three) == pytest.approx(3)


@pytest.mark.parametrize("d", [2, 5, 20])
def test_mean_pair_product_is_that_of_the_eigenvalues(d: int) -> None:
    """Oracle: all pairs of eigenvalues, one by one."""
    root = np.random.default_rng(d).normal(size=(d, d))
    values = np.linalg.eigvalsh(root @ root.T)
    pairs = [values[i] * values[j] for i in range(d) for j in range(d) if i != j]
    found = mean_pair_product(values.sum(), (values**2).sum(), d)
    assert found == pytest.approx(np.mean(pairs))


def test_mean_pair_product_in_one_dimension_and_on_a_line() -> None:
    assert mean_pair_product(np.array(3.0), np.array(9.0), 1) == 9
    assert mean_pair_product(np.array(5.0), np.array(25.0), 2) == 0
