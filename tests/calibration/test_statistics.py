"""Do the bare statistics reject as seldom, and cover as often, as they promise?

Simulated with fixed seeds; a bound is missed by chance about once in a thousand. Whole studies
are in test_scenarios.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vistab.analysis.claims.base import evidence_of
from vistab.analysis.ruling import Against, Question, combine, control_p, rule
from vistab.analysis.stats.betting import betting_interval, capital
from vistab.analysis.stats.holm import holm
from vistab.analysis.stats.sign_flip import sign_flip

ALPHA = 0.1


def at_most(rate: float, n: int) -> float:
    """`rate` and three binomial standard errors of n trials."""
    return rate + 3 * float(np.sqrt(rate * (1 - rate) / n))


Draw = Callable[[np.random.Generator, tuple[int, int]], Any]
SHAPES: dict[str, tuple[float, Draw]] = {
    "rare event": (0.03, lambda g, size: g.random(size) < 0.03),
    "coin": (0.5, lambda g, size: g.random(size) < 0.5),
    "two points": (0.45 + 0.1 * 0.9, lambda g, size: 0.45 + 0.1 * (g.random(size) < 0.9)),
    "share of three": (0.9, lambda g, size: g.binomial(3, 0.9, size) / 3),
    "uniform": (0.5, lambda g, size: g.random(size)),
    "skewed": (0.1, lambda g, size: g.beta(0.2, 1.8, size)),
}


@pytest.mark.parametrize("n", [3, 5, 10, 30])
@pytest.mark.parametrize("shape", SHAPES)
def test_betting_intervals_cover_the_mean(shape: str, n: int) -> None:
    """The interval holds the mean exactly where capital against it stays below 1 / alpha."""
    mean, draw = SHAPES[shape]
    values = np.asarray(draw(np.random.default_rng(n), (4000, n)), dtype=float)
    missed = np.mean(capital(values, mean) * ALPHA >= 1)
    assert missed <= at_most(ALPHA, 4000)
    for row in values[:20]:
        low, high = betting_interval(row, (0.0, 1.0), ALPHA)
        assert (low < mean < high) == bool(capital(row, mean) * ALPHA < 1)


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize("shape", ["continuous", "whole numbers with ties and zeros"])
def test_the_sign_flip_test_rejects_a_true_null_as_seldom_as_it_says(shape: str, n: int) -> None:
    generator = np.random.default_rng(n)
    effects = generator.standard_t(2, (2000, n))
    if shape != "continuous":
        effects = np.round(effects)
    p = np.array([sign_flip(row).p for row in effects])
    for alpha in (0.01, 0.05, 0.1, 0.2):
        assert np.mean(p <= alpha) <= at_most(alpha, 2000)
    if shape == "continuous":  # and no seldomer: the test is exact
        assert np.mean(p <= 0.125) == pytest.approx(0.125, abs=0.03)


def lists_of_controls(generator: np.random.Generator, shift: float) -> list[Against]:
    """Three controls that share one treatment: their effects are correlated."""
    treatment = generator.normal(0, 1, 8)
    found = []
    for _ in range(3):
        effects = treatment - generator.normal(0, 1, 8) + shift
        evidence = evidence_of(range(8), effects)
        found.append(Against("control", evidence, None, None, sign_flip(effects).p))
    return found


def test_lists_of_controls_keep_the_level_both_ways() -> None:
    n_studies = 1500
    question = Question("higher", 0.0, ALPHA, n_controls=3, n_claims=1)
    generator = np.random.default_rng(1)
    words = []
    for _ in range(n_studies):
        found = lists_of_controls(generator, shift=0.0)
        words.append(
            combine(
                [rule(one, question, control_p(one, question, lambda p: p)).word for one in found]
            )
        )
    wrong = n_studies - words.count("inconclusive")
    assert 0 < wrong / n_studies <= at_most(ALPHA, n_studies)


def test_holm_keeps_the_family_of_claims_at_its_level() -> None:
    """Four claims, one of them true: the others are seldom rejected, the true one often."""
    n_studies = 800
    generator = np.random.default_rng(2)
    false, true = 0, 0
    for _ in range(n_studies):
        effects = generator.normal(0, 1, (4, 10)) + np.array([[2.0], [0], [0], [0]])
        adjusted = np.array(holm([sign_flip(row).p for row in effects]))
        true += adjusted[0] <= ALPHA
        false += np.any(adjusted[1:] <= ALPHA)
    assert false / n_studies <= at_most(ALPHA, n_studies)
    assert true / n_studies > 0.9
