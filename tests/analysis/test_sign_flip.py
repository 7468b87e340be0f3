"""The sign-flip test against scipy's permutation test, and what must hold for any effects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from vistab.analysis.replicates import smallest_p
from vistab.analysis.stats import sign_flip as module
from vistab.analysis.stats.sign_flip import sign_flip

EFFECTS = st.lists(st.integers(-16, 16).map(lambda x: x / 16), min_size=1, max_size=9)
"""Sixteenths add up without rounding, so that ties are ties for scipy too."""


def scipy_p(effects: list[float]) -> float:
    """scipy's exact paired permutation test of the mean."""
    found = permutation_test(
        (np.array(effects),), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    return float(found.pvalue)


@pytest.mark.parametrize("n", [2, 5, 8, 10])
@pytest.mark.parametrize("seed", range(4))
def test_p_equals_scipys_exact_permutation_test(n: int, seed: int) -> None:
    effects = np.random.default_rng(seed).normal(0.4, 1, n).tolist()
    assert sign_flip(effects).p == pytest.approx(scipy_p(effects), rel=1e-12)


@given(EFFECTS)
def test_p_equals_scipys_with_ties_and_zeros(effects: list[float]) -> None:
    assert sign_flip(effects).p == pytest.approx(scipy_p([*effects, 0.0]), rel=1e-12)


@given(EFFECTS)
def test_turning_all_signs_leaves_p(effects: list[float]) -> None:
    assert sign_flip(effects).p == sign_flip([-e for e in effects]).p


@given(EFFECTS, st.randoms())
def test_the_order_of_replicates_does_not_matter(effects: list[float], random) -> None:
    shuffled = random.sample(effects, len(effects))
    assert sign_flip(shuffled).p == sign_flip(effects).p


@given(EFFECTS)
def test_replicates_without_effect_change_nothing(effects: list[float]) -> None:
    assert sign_flip([*effects, 0.0, 0.0]).p == sign_flip(effects).p


def test_no_effect_at_all_gives_p_of_one() -> None:
    assert sign_flip([0.0] * 30).p == 1.0


@pytest.mark.parametrize("n", range(1, 15))
def test_equal_effects_reach_the_smallest_p(n: int) -> None:
    """0.1 + 0.1 + ... is not exact, so this also tests that ties of floating point count."""
    assert sign_flip([0.1] * n).p == pytest.approx(smallest_p(n))


def test_floating_ties_are_counted() -> None:
    """0.1 + 0.2 - 0.3 is 5.6e-17, not 0: all four flips of such a sum tie."""
    assert sign_flip([0.1, 0.2, -0.3]).p == 1.0


def test_sampled_p_agrees_with_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within four of its own standard errors."""
    effects = np.random.default_rng(3).normal(0.35, 1, 18)
    exact = sign_flip(effects)
    monkeypatch.setattr(module, "MOST_EXACT", 10)
    sampled = sign_flip(effects, seed=1)
    assert exact.standard_error == 0
    assert 0 < sampled.standard_error < 0.002
    assert abs(sampled.p - exact.p) < 4 * sampled.standard_error


def test_sampled_p_repeats_with_its_seed_and_is_never_zero() -> None:
    effects = np.ones(40)
    assert sign_flip(effects, seed=5) == sign_flip(effects, seed=5)
    assert sign_flip(effects).p == 1 / (module.N_SAMPLED + 1)
    noise = np.random.default_rng(0).normal(size=40)
    assert sign_flip(noise, seed=5).p != sign_flip(noise, seed=6).p
