"""Three digits in three channels: what is drawn, and what a perfect sampler scores."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import binom, binomtest, chi2_contingency, chisquare

from vistab.collapse.signals import measure
from vistab.spec.targets import StackedDigitsTarget
from vistab.targets import make_target
from vistab.targets.base import Modes
from vistab.targets.classifier import classifier_for
from vistab.targets.covariance import mean_pair_product, participation_ratio
from vistab.targets.data import DataTarget, decode
from vistab.targets.digits import labelled_digits
from vistab.targets.stacked import StackedDigits
from vistab.targets.stacked_modes import StackedModes

SPEC = StackedDigitsTarget(kind="stacked_digits")
STACKED: StackedDigits = make_target(SPEC)  # type: ignore[assignment]
MODES: StackedModes = STACKED.modes
BASE, LABELS = labelled_digits()
MNIST = StackedDigitsTarget(kind="stacked_digits", digits="mnist5k")
PAGE = (Path(__file__).parents[2] / "docs" / "targets.md").read_text()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@cache
def many() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """10,000 samples, how far each is from its mode, and which that is."""
    samples = STACKED.sample(10_000, rng(1))
    return samples, *MODES.nearest(samples)


# The target


def test_it_is_a_target_of_data_with_three_rows_a_sample() -> None:
    assert isinstance(STACKED, DataTarget)
    assert STACKED.shape == SPEC.shape == (3, 8, 8)
    assert STACKED.dimension == 192
    assert STACKED.data is BASE.data
    assert STACKED.size == len(BASE.data)  # one epoch
    assert STACKED.pick(5, rng()).shape == (5, 3)


def test_a_sample_is_its_three_rows_channel_by_channel() -> None:
    picked, samples = STACKED.pick(50, rng(3)), STACKED.sample(50, rng(3))
    assert samples.dtype == np.float32
    for channel in range(3):
        own = samples.reshape(50, 3, 8, 8)[:, channel].reshape(50, 64)
        assert np.array_equal(own, BASE.data[picked[:, channel]])


def test_the_same_generator_state_gives_the_same_samples() -> None:
    first, second, other = (STACKED.sample(50, rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_channels_are_drawn_independently_and_evenly() -> None:
    picked = STACKED.pick(20_000, rng())
    digits = LABELS[picked]
    for one, two in ((0, 1), (0, 2), (1, 2)):
        together = np.zeros((10, 10))
        np.add.at(together, (digits[:, one], digits[:, two]), 1)
        assert chi2_contingency(together).pvalue > 1e-3
    for channel in picked.T:
        assert chisquare(np.bincount(channel, minlength=len(LABELS))).pvalue > 1e-3


def test_rms_is_that_of_its_samples() -> None:
    samples = many()[0].astype(float)
    assert STACKED.rms == pytest.approx(np.sqrt(samples.var(axis=0).sum()), rel=0.01)


# Its modes


def test_modes_have_all_that_is_asked_of_modes() -> None:
    wanted = {name for name in vars(Modes) if not name.startswith("_")}
    assert all(hasattr(MODES, name) for name in wanted)
    assert (MODES.count, MODES.noun, MODES.dimension) == (1000, "modes", 192)
    assert np.array_equal(MODES.radii, np.ones(1000))


def test_the_mode_is_what_the_classifier_says_and_the_distance_that_of_the_worst_channel() -> None:
    samples = STACKED.sample(200, rng(2)) + rng(3).normal(0, 0.3, (200, 192))
    distance, mode = MODES.nearest(samples)
    bins, classifier = BASE.modes, classifier_for(SPEC)
    channels = samples.reshape(200, 3, 64)
    digits = [classifier.labels(channels[:, channel]) for channel in range(3)]
    assert np.array_equal(mode, 100 * digits[0] + 10 * digits[1] + digits[2])
    away = cdist(channels.reshape(-1, 64), bins.centres)
    own = away.argmin(axis=1)
    scaled = (away.min(axis=1) / bins.radii[own]).reshape(200, 3)
    assert distance == pytest.approx(scaled.max(axis=1))
    assert np.mean(distance > 1) > 0.1  # both kinds were there
    assert np.mean(distance < 1) > 0.1


def test_shapes_follow_those_of_the_samples_and_huge_numbers_do_no_harm() -> None:
    samples = STACKED.sample(12, rng()).reshape(2, 6, 192)
    distance, mode = MODES.nearest(samples)
    assert distance.shape == mode.shape == (2, 6)
    flat = MODES.nearest(samples.reshape(12, 192))
    assert np.array_equal(flat[0], distance.ravel())
    assert np.array_equal(flat[1], mode.ravel())
    for huge in (1e30, 1e200, np.finfo(float).max):
        distance, mode = MODES.nearest(np.full((1, 192), huge))
        assert distance[0] > 1e20
        assert 0 <= mode[0] < 1000


def test_noise_in_a_single_channel_is_not_on_the_data() -> None:
    samples = STACKED.sample(500, rng())
    noise = rng(1).uniform(-1, 1, (500, 64))
    for channel in range(3):
        mixed = samples.reshape(500, 3, 64).copy()
        mixed[:, channel] = noise
        assert np.all(MODES.nearest(mixed.reshape(500, 192))[0] > 1)


def test_as_many_draws_are_of_high_quality_as_fair_shares_say() -> None:
    _, distance, mode = many()
    good = distance <= 1
    assert MODES.ceiling == pytest.approx(MODES.fair_shares.sum())
    assert binomtest(int(good.sum()), len(good), MODES.ceiling).pvalue > 1e-3
    counts = np.bincount(mode[good], minlength=1000)
    assert chisquare(counts, MODES.fair_shares / MODES.ceiling * good.sum()).pvalue > 1e-3


def test_draws_in_feature_space_are_draws_of_the_target() -> None:
    drawn = MODES.draw(10_000, rng(5))
    assert drawn.mean(axis=0) == pytest.approx(many()[0].mean(axis=0), abs=0.03)
    assert binomtest(int(np.sum(MODES.nearest(drawn)[0] <= 1)), 10_000, MODES.ceiling).pvalue > 1e-3


def test_numbers_of_the_whole_are_those_of_its_samples() -> None:
    samples, _, mode = many()
    rows = samples.astype(float)
    assert MODES.mean == pytest.approx(rows.mean(axis=0), abs=0.03)
    assert MODES.rms == pytest.approx(np.sqrt(rows.var(axis=0).sum()), rel=0.01)
    spread = participation_ratio(np.cov(rows, rowvar=False))
    assert MODES.effective_dimension == pytest.approx(spread, abs=1)
    assert MODES.flat is True  # some pixels are always paper
    within = rows - MODES.centres[mode]
    assert MODES.std == pytest.approx(np.sqrt(np.mean(within**2)), rel=0.01)


@pytest.mark.parametrize("mode", [0, 123, 987])
def test_numbers_of_a_mode_are_those_of_many_samples_of_it(mode: int) -> None:
    bins = BASE.modes
    told = classifier_for(SPEC).labels(BASE.data)
    distance, index = bins.nearest(BASE.data)
    good = distance <= bins.radii[index]
    triples, all_of_it = [], []
    for channel, digit in enumerate((mode // 100, mode // 10 % 10, mode % 10)):
        own = np.flatnonzero(good & (told == digit))
        triples.append(BASE.data[own[rng(channel).integers(len(own), size=20_000)]])
        all_of_it.append(BASE.data[told == digit].mean(axis=0))
    covariance = np.cov(np.concatenate(triples, axis=1).astype(float), rowvar=False)
    square = np.array([np.trace(covariance), np.sum(covariance**2)])
    expected = mean_pair_product(square[0], square[1], 192) ** 0.25
    assert MODES.high_quality_stds[mode] == pytest.approx(expected, rel=0.01)
    assert MODES.centres[mode] == pytest.approx(np.concatenate(all_of_it), abs=1e-6)


def test_groups_are_modes_digits_of_a_channel_and_pairs_of_digits() -> None:
    groups = MODES.groups
    digits = np.stack([np.arange(1000) // 100, np.arange(1000) // 10 % 10, np.arange(1000) % 10])
    assert np.array_equal(groups[:1000], np.eye(1000))
    singles = [digits[channel] == digit for channel in range(3) for digit in range(10)]
    pairs = [
        (digits[a] == one) & (digits[b] == two)
        for a, b in ((0, 1), (0, 2), (1, 2))
        for one in range(10)
        for two in range(10)
    ]
    assert np.array_equal(groups[1000:], np.array(singles + pairs, dtype=float))
    assert np.array_equal(MODES.places, groups[1030:])
    assert set(MODES.places.sum(axis=0)) == {3}


def test_fewer_than_the_fewest_of_a_group_are_as_rare_as_was_asked() -> None:
    fewest = MODES.fewest(2000, 1.0, 0.01)
    shares = MODES.groups @ MODES.fair_shares
    assert np.all(binom.cdf(fewest - 1, 2000, shares) <= 0.01)
    assert np.all(binom.cdf(fewest, 2000, shares) >= 0.01)


def test_a_sampler_that_knows_few_images_lacks_variety() -> None:
    few = STACKED.sample(50, rng())
    repeated = few[rng(1).integers(50, size=(1, 1000))].astype(float)
    anew = STACKED.sample(1000, rng(2))[None].astype(float)
    variety = [MODES.variety(one, np.ones(1))[0] for one in (repeated, anew)]
    assert variety[0] < 0.1
    assert variety[1] == 1


# A perfect sampler


def expected_scores(n: int) -> tuple[float, float]:
    """Number of modes and coverage of n samples, on average: sums over binomial counts."""
    fair = MODES.fair_shares
    counts = np.arange(80)[:, None]
    chance = binom.pmf(counts, n, fair)
    modes = float(chance[counts[:, 0] >= 1 if n <= 4000 else counts[:, 0] >= 2].sum())
    return modes, float((chance * np.minimum(counts / n, fair)).sum() / MODES.ceiling)


@pytest.mark.parametrize("n", [512, 2000, 5000])
def test_it_scores_what_the_documentation_says(n: int) -> None:
    row = re.search(rf"^\| {n:,} \| (\d+) of 1000 \| (0.\d\d) \|", PAGE, re.M)
    assert row is not None
    stated = float(row[1]), float(row[2])
    modes, coverage = expected_scores(n)
    assert stated == (pytest.approx(modes, abs=1), pytest.approx(coverage, abs=0.006))
    measured = measure(STACKED.features(STACKED.sample(n, rng(n)))[None], MODES)
    assert measured["modes"][0] == pytest.approx(modes, abs=4 * np.sqrt(modes * (1 - modes / 1000)))
    assert measured["coverage"][0] == pytest.approx(coverage, abs=0.03)
    for name, tolerance in (("high_quality", 0.03), ("spread", 0.1), ("scale", 0.03)):
        assert measured[name][0] == pytest.approx(1, abs=tolerance)


def test_runs_measured_together_score_what_each_scores_alone() -> None:
    samples = STACKED.sample(1024, rng()).reshape(2, 512, 192)
    together = measure(samples, MODES)
    for k in range(2):
        alone = measure(samples[k : k + 1], MODES)
        assert all(np.array_equal(alone[name][0], together[name][k]) for name in alone)


# Of MNIST


@pytest.mark.slow
def test_stacked_mnist_scores_like_stacked_digits() -> None:
    target = make_target(MNIST)
    assert target.shape == MNIST.shape == (3, 28, 28)
    samples = target.sample(2000, rng())
    features = target.features(samples)
    assert features.shape == (2000, target.modes.dimension) == (2000, 3 * 51)
    per_channel = [target.base.features(samples[:, i * 784 : (i + 1) * 784]) for i in range(3)]
    assert features == pytest.approx(np.concatenate(per_channel, axis=1))
    signals = measure(features[None], target.modes)
    modes, coverage = expected_scores(2000)
    assert signals["modes"][0] == pytest.approx(modes, abs=50)
    assert signals["coverage"][0] == pytest.approx(coverage, abs=0.04)
    for name in ("high_quality", "spread", "scale"):
        assert signals[name][0] == pytest.approx(1, abs=0.05)
    told = classifier_for(MNIST).labels(decode(target.data)[target.pick(2000, rng())[:, 1]])
    assert np.array_equal(target.modes.nearest(features)[1] // 10 % 10, told)
    noise = target.features(rng(1).uniform(-1, 1, (100, 2352)).astype(np.float32))
    assert np.all(target.modes.nearest(noise)[0] > 1)
