"""How many different samples there are, where data tell what counts as the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.spec.targets import DigitsTarget
from vistab.targets import make_target
from vistab.targets.repeats import Likeness, copied

M = 2000
DIGITS = np.asarray(make_target(DigitsTarget(kind="digits")).modes.data)


def drawn(seed: int, n: int, dimension: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dimension))


@pytest.mark.parametrize("dimension", [2, 16, 40])
@pytest.mark.parametrize("n", [20, 100, 5000])
def test_new_draws_are_as_varied_as_the_data(dimension: int, n: int) -> None:
    likeness = Likeness.of(drawn(0, M, dimension))
    assert likeness.variety(drawn(1, n, dimension), 1.0) == 1


def test_the_data_themselves_drawn_again_are_too() -> None:
    rows = DIGITS
    likeness = Likeness.of(rows)
    for seed in range(5):
        again = rows[np.random.default_rng(seed).integers(len(rows), size=512)]
        assert likeness.variety(again, 1.0) > 0.9


@pytest.mark.parametrize("number", [1, 10, 100, 200])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_few_samples_again_and_again_are_counted(number: int, noise: float) -> None:
    """Oracle: the birthday law, less the 11 % that may be close by chance."""
    likeness = Likeness.of(drawn(0, M, 16))
    rng = np.random.default_rng(1)
    samples = drawn(2, number, 16)[rng.integers(number, size=1000)]
    samples = samples + noise * rng.normal(size=samples.shape)
    repeated = 1 - np.exp(-likeness.drawn / number) - likeness.usual - 0.1
    expected = likeness.drawn / -np.log1p(-repeated) / M
    assert likeness.variety(samples, 1.0) == pytest.approx(expected, rel=0.4, abs=0.005)


def test_half_of_the_samples_from_ten_images_are_noticed() -> None:
    rows, rng = DIGITS, np.random.default_rng(0)
    half = rows[rng.integers(10, size=250)]
    others = rows[100 + rng.permutation(len(rows) - 100)[:250]]
    assert Likeness.of(rows).variety(np.concatenate([half, others]), 1.0) < 0.3


@pytest.mark.parametrize("factor", [0.4, 0.7])
def test_narrow_samples_are_no_repeats(factor: float) -> None:
    """They come closer to each other, and differ all the same."""
    likeness = Likeness.of(drawn(0, M, 16))
    assert likeness.variety(factor * drawn(1, 500, 16), factor) == 1
    assert likeness.variety(factor * drawn(1, 500, 16), 1.0) < 1


def test_data_that_repeat_themselves_may_be_repeated() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2, (M, 4)).astype(float)  # sixteen different ones
    again = rng.integers(0, 2, (500, 4)).astype(float)
    assert Likeness.of(rows).variety(again, 1.0) == 1


@given(st.integers(2, 12), st.integers(0, 2**31))
def test_variety_is_a_share_and_does_not_ask_for_the_order_of_many(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    likeness = Likeness.of(drawn(0, M, 3))
    samples = rng.normal(size=(n, 3))[rng.integers(n, size=n)]
    found = likeness.variety(samples, 1.0)
    assert 0 <= found <= 1
    assert likeness.variety(samples[::-1], 1.0) == found  # all are looked at


def test_sorted_samples_do_not_look_like_repeats() -> None:
    """Grids often hold one class a row: the first ones alone would look too much alike."""
    rows = DIGITS
    ordered = rows[np.argsort(rows[:, 20], kind="stable")]
    assert Likeness.of(rows).variety(ordered, 1.0) > 0.9


@pytest.mark.parametrize("copies", [0, 1, 30])
def test_copies_are_counted(copies: int) -> None:
    samples = drawn(0, 100, 2)
    samples[:copies] = samples[99]
    assert copied(samples[None], 0.01) == pytest.approx(copies / 100)
