"""What the detector makes of 1000 modes, of which no snapshot shows all; and of MNIST.

Each scenario draws the samples of a whole run whose truth is known by construction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vistab.collapse.calibration import calibrate
from vistab.collapse.detector import THRESHOLDS, Ruling, rule
from vistab.collapse.signals import measure
from vistab.spec.targets import Mnist5kTarget, StackedDigitsTarget
from vistab.targets import Target, make_target
from vistab.targets.data import decode
from vistab.targets.digits import labelled_digits
from vistab.targets.mnist import labelled_mnist
from vistab.targets.stacked import StackedDigits

pytestmark = pytest.mark.slow

SNAPSHOTS = 10
SIZES = (512, 2000)
TARGET: StackedDigits = make_target(StackedDigitsTarget(kind="stacked_digits"))  # type: ignore[assignment]
DATA, LABELS = labelled_digits()[0].data, labelled_digits()[1]
OWN = [np.flatnonzero(label == LABELS) for label in range(10)]
DIGITS = np.stack(np.unravel_index(np.arange(1000), (10, 10, 10)), axis=1)

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""Draws n samples [n, d] of the snapshot t: (generator, n, t)."""


def ruled(draw: Draw, n: int, seed: int = 0, target: Target = TARGET) -> Ruling:
    rng = np.random.default_rng(seed)
    measured = [
        measure(target.features(draw(rng, n, t))[None], target.modes) for t in range(SNAPSHOTS)
    ]
    signals = {name: np.concatenate([one[name] for one in measured]) for name in measured[0]}
    calibration = calibrate(target.modes, n, THRESHOLDS)
    return rule(np.arange(SNAPSHOTS), signals, target.modes, calibration=calibration)


def rows(picked: np.ndarray) -> np.ndarray:
    """The images of three rows each, [n, 3] to [n, 192]."""
    return DATA[picked].reshape(len(picked), -1)


def of_digits(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images that show these digits [n, 3]."""
    picked = np.empty(digits.shape, dtype=int)
    for digit, own in enumerate(OWN):
        at = digits == digit
        picked[at] = own[rng.integers(len(own), size=at.sum())]
    return rows(picked)


def perfect(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
    return TARGET.sample(n, rng)


def without(digit: int, channel: int) -> Draw:
    """A digit is missing in a channel."""
    others = np.flatnonzero(digit != LABELS)

    def draw(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
        picked = TARGET.pick(n, rng)
        picked[:, channel] = others[rng.integers(len(others), size=n)]
        return rows(picked)

    return draw


def of_modes(number: int, seed: int = 5) -> Draw:
    """So many of the modes, at random."""
    chosen = np.random.default_rng(seed).choice(1000, number, replace=False)
    return lambda rng, n, _: of_digits(DIGITS[chosen[rng.integers(number, size=n)]], rng)


def repeated(number: int) -> Draw:
    """So many images again and again."""
    images = TARGET.sample(number, np.random.default_rng(9))
    return lambda rng, n, _: images[rng.integers(number, size=n)]


def uniform(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
    return rng.uniform(-1, 1, (n, TARGET.dimension)).astype(np.float32)


def noise_in_a_channel(rng: np.random.Generator, n: int, t: int) -> np.ndarray:
    samples = perfect(rng, n, t)
    samples[:, 64:128] = rng.uniform(-1, 1, (n, 64))
    return samples


def a_quarter_of_strays(rng: np.random.Generator, n: int, t: int) -> np.ndarray:
    samples, strays = perfect(rng, n, t), rng.random(n) < 0.25
    samples[strays] = uniform(rng, int(strays.sum()), t)
    return samples


def two_to_one(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
    """Odd digits in the first channel are twice as frequent as even ones."""
    picked, odd = TARGET.pick(n, rng), LABELS % 2 == 1
    weight = np.where(odd, 2.0, 1.0)
    picked[:, 0] = rng.choice(len(LABELS), size=n, p=weight / weight.sum())
    return rows(picked)


def a_digit_at_a_time(rng: np.random.Generator, n: int, t: int) -> np.ndarray:
    """The first channel shows one digit, another one each time."""
    return rows(
        np.column_stack(
            [OWN[t % 10][rng.integers(len(OWN[t % 10]), size=n)], TARGET.pick(n, rng)[:, 1:]]
        )
    )


def a_hundred_modes_at_a_time(rng: np.random.Generator, n: int, t: int) -> np.ndarray:
    parts = np.random.default_rng(5).permutation(1000).reshape(10, 100)
    return of_digits(DIGITS[parts[t % 10][rng.integers(100, size=n)]], rng)


def mean_digits(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
    means = np.stack([DATA[own].mean(axis=0) for own in OWN])
    return means[rng.integers(10, size=(n, 3))].reshape(n, -1)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("seed", range(8))
def test_a_perfect_sampler_is_healthy(n: int, seed: int) -> None:
    ruling = ruled(perfect, n, seed)
    assert (ruling.outcome, ruling.converged_round) == ("healthy", 0)
    assert ruling.severity < 0.05


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("draw", [a_quarter_of_strays, two_to_one])
def test_strays_and_imbalance_are_healthy(draw: Draw, n: int) -> None:
    assert ruled(draw, n).outcome == "healthy"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(("digit", "channel"), [(0, 0), (3, 1), (4, 2), (9, 0), (8, 1), (1, 2)])
def test_a_digit_that_a_channel_lacks_is_a_mode_collapse(n: int, digit: int, channel: int) -> None:
    ruling = ruled(without(digit, channel), n)
    assert (ruling.outcome, ruling.onset_round) == ("mode_collapse", 0)
    assert ruling.severity == pytest.approx(0.1, abs=0.2)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("number", [300, 500])
def test_so_few_of_the_modes_are_a_mode_collapse(n: int, number: int) -> None:
    ruling = ruled(of_modes(number), n)
    assert (ruling.outcome, ruling.onset_round) == ("mode_collapse", 0)
    assert ruling.severity == pytest.approx(1 - number / 1000, abs=0.07)


@pytest.mark.parametrize("n", [2000, 5000])
def test_more_samples_show_smaller_losses_in_any_pattern(n: int) -> None:
    """As the documentation says of each size."""
    assert ruled(of_modes({2000: 700, 5000: 800}[n]), n).outcome == "mode_collapse"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("draw", [repeated(50), repeated(1000), mean_digits])
def test_few_images_again_and_again_are_a_mode_collapse(draw: Draw, n: int) -> None:
    ruling = ruled(draw, n)
    assert ruling.outcome == "mode_collapse"
    assert ruling.severity > 0.6


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("draw", [uniform, noise_in_a_channel])
def test_noise_is_stalled(draw: Draw, n: int) -> None:
    assert ruled(draw, n).outcome == "stalled"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("draw", [a_digit_at_a_time, a_hundred_modes_at_a_time])
def test_other_modes_each_time_oscillate(draw: Draw, n: int) -> None:
    ruling = ruled(draw, n)
    assert ruling.outcome == "oscillating"
    assert ruling.severity == pytest.approx(0.9, abs=0.03)


MNIST = StackedDigitsTarget(kind="stacked_digits", digits="mnist5k")


@pytest.mark.parametrize("n", SIZES)
def test_a_perfect_sampler_of_stacked_mnist_is_healthy(n: int) -> None:
    target = make_target(MNIST)
    assert ruled(lambda rng, n, _: target.sample(n, rng), n, 0, target).outcome == "healthy"


@pytest.mark.parametrize("digit", [4, 9])
def test_a_digit_that_a_channel_of_stacked_mnist_lacks_is_seen(digit: int) -> None:
    """Which bins of pixels would not see."""
    target = make_target(MNIST)
    others = np.flatnonzero(labelled_mnist()[1] != digit)

    def draw(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
        picked = target.pick(n, rng)
        picked[:, 1] = others[rng.integers(len(others), size=n)]
        return decode(target.data[picked]).reshape(n, -1)

    assert ruled(draw, 512, 0, target).outcome == "mode_collapse"


@pytest.mark.parametrize("missing", [0, 1, 2, 3, 5, 6, 7, 8])
def test_a_digit_of_mnist_that_goes_missing_is_seen_but_for_4_and_9(missing: int) -> None:
    data, labels = labelled_mnist()
    kept = np.flatnonzero(labels != missing)

    def draw(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
        return decode(data.data[kept[rng.integers(len(kept), size=n)]])

    target = make_target(Mnist5kTarget(kind="mnist5k"))
    assert ruled(draw, 512, 0, target).outcome == "mode_collapse"
    assert ruled(lambda rng, n, _: target.sample(n, rng), 512, missing, target).outcome == "healthy"
