"""Many studies decided at once get the answers that each would get alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.claims.base import evidence_of
from vistab.analysis.many_rulings import Rules
from vistab.analysis.ruling import (
    EQUIVALENT,
    SIGNS,
    Against,
    Question,
    combine,
    control_p,
    rule,
)
from vistab.analysis.stats.betting import betting_interval
from vistab.analysis.stats.lattice import MOST_STEPS, as_steps, chance_of_reaching
from vistab.analysis.stats.many_studies import rejected, wholly_above, wholly_below
from vistab.analysis.stats.sign_flip import sign_flip

BOUNDS = (-1.0, 1.0)
LOPSIDED = (-1.0, 1.5)
"""No kind has such bounds; but were they turned the wrong way round, equal ones would hide it."""


def drawn(shape: str, n: int, seed: int = 0, studies: int = 40) -> np.ndarray:
    """Effects [studies, n] with a mean near 0.3."""
    generator = np.random.default_rng(seed)
    size = studies, n
    return {
        "thirds": lambda: (generator.binomial(3, 0.7, size) - generator.binomial(3, 0.4, size)) / 3,
        "halves and thirds": lambda: generator.choice([-1 / 3, 0, 1 / 2, 5 / 6], size),
        "signs": lambda: generator.choice([-1.0, 0.0, 1.0], size, p=[0.15, 0.4, 0.45]),
        "any": lambda: generator.uniform(-0.5, 1, size),
        "with gaps": lambda: np.where(
            generator.random(size) < 0.3, np.nan, generator.uniform(-0.5, 1, size)
        ),
    }[shape]()


SHAPES = ("thirds", "halves and thirds", "signs", "any", "with gaps")


def alone(row: np.ndarray) -> np.ndarray:
    """A study's effects without the replicates that have none."""
    return row[~np.isnan(row)]


@pytest.mark.parametrize("level", [0.125, 0.05, 0.005])
@pytest.mark.parametrize("n", [1, 2, 6, 9, 12])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_test_rejects_the_same_studies(shape: str, n: int, level: float) -> None:
    values = drawn(shape, n)
    expected = [sign_flip(alone(row)).p <= level for row in values]
    assert rejected(values, level).tolist() == expected


@pytest.mark.parametrize("level", [0.05, 0.002])
@pytest.mark.parametrize("shape", ["thirds", "halves and thirds", "signs"])
def test_it_stays_exact_past_twelve_replicates_for_multiples_of_a_step(
    shape: str, level: float
) -> None:
    values = drawn(shape, 17)
    expected = [sign_flip(row).p <= level for row in values]
    assert 0 < sum(expected) < len(expected)
    assert rejected(values, level).tolist() == expected


@pytest.mark.parametrize("level", [0.05, 0.005])
def test_with_drawn_flips_the_share_rejected_is_right(level: float) -> None:
    values = drawn("any", 15, studies=1000)
    exact = np.mean([sign_flip(row).p <= level for row in values])
    assert 0.1 < exact < 0.9
    assert np.mean(rejected(values, level)) == pytest.approx(exact, abs=0.02)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.integers(0, 40))
def test_the_chance_on_a_lattice_is_that_of_counting(sizes: list[int], total: int) -> None:
    total = min(total, sum(sizes))
    flips = itertools.product((1, -1), repeat=len(sizes))
    sums = [abs(sum(s * v for s, v in zip(signs, sizes, strict=True))) for signs in flips]
    counted = np.mean([reached >= total for reached in sums])
    (found,) = chance_of_reaching(np.array([sizes]), np.array([total]))
    assert found == pytest.approx(counted, abs=1e-12)


def test_steps_are_told_from_values_that_have_none() -> None:
    assert as_steps(np.array([1 / 3, -1 / 2, 0])).tolist() == [2, 3, 0]
    assert as_steps(np.array([0.5, -1, 0])).tolist() == [1, 2, 0]
    assert as_steps(np.array([0.0, 0.0])) is None
    assert as_steps(np.array([1.0, np.sqrt(2)])) is None
    assert as_steps(np.arange(MOST_STEPS + 2)) is None


@pytest.mark.parametrize(("n", "alpha"), [(2, 0.3), (7, 0.05), (25, 0.05)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_reaches_as_far(shape: str, n: int, alpha: float) -> None:
    values = drawn(shape, n, seed=n)
    values = values[~np.isnan(values).all(axis=1)]
    intervals = [betting_interval(alone(row), BOUNDS, alpha) for row in values]
    for bar in (-1.2, -1.0, -0.5, -0.1, 0.0, 0.05, 0.3, 0.6, 1.0):
        above = wholly_above(values, bar, BOUNDS, alpha).tolist()
        below = wholly_below(values, bar, BOUNDS, alpha).tolist()
        assert above == [low >= bar for low, _ in intervals]
        assert below == [high <= bar for _, high in intervals]


def test_a_study_without_any_effect_shows_nothing() -> None:
    nothing = np.full((1, 5), np.nan)
    assert not wholly_above(nothing, -0.9, BOUNDS, 0.05)
    assert not wholly_below(nothing, 0.9, BOUNDS, 0.05)
    assert not rejected(nothing, 0.1)


ASKED = [
    *itertools.product(("lower", "later"), (0.0, 0.1, 0.5)),
    *itertools.product(("not_higher", "not_lower"), (0.2, 0.4)),
    (EQUIVALENT, 0.75),
]


@pytest.mark.parametrize("n_controls", [1, 3])
@pytest.mark.parametrize(("expect", "margin"), ASKED)
def test_studies_are_supported_as_the_judge_rules(
    expect: str, margin: float, n_controls: int
) -> None:
    """With five claims in the study, and p the last that Holm looks at."""
    question = Question(expect, margin, 0.1, n_controls, n_claims=5)
    truths = np.linspace(-0.4, 1.1, 30)[:, None, None]  # from a contrary effect to a large one
    noise = np.random.default_rng(0).normal(0, 0.3, (30, 11, n_controls))
    studies = SIGNS.get(expect, 1) * (np.round(3 * (truths + noise)) / 3).clip(-1, 1)
    rules = Rules(question, LOPSIDED, 0.1 / 5 if question.has_p else 0.1)
    expected = [supported_alone(study.T, question) for study in studies]
    assert 0 < sum(expected) < len(expected)
    assert rules.share_supported(studies) == np.mean(expected)


def supported_alone(effects: np.ndarray, question: Question) -> bool:
    """By the judge's own functions: effects [controls, replicates]."""
    found = [against(row, question) for row in effects]

    def last_of_holm(p: float) -> float:
        return min(1.0, p * question.n_claims)

    words = [rule(one, question, control_p(one, question, last_of_holm)).word for one in found]
    return combine(words) == "supported"


def against(effects: np.ndarray, question: Question) -> Against:
    """A finding against one control."""
    return Against(
        "control",
        evidence_of(range(len(effects)), effects, bounds=LOPSIDED),
        betting_interval(effects, LOPSIDED, question.alpha),
        betting_interval(effects, LOPSIDED, question.alpha / question.n_controls),
        sign_flip(effects).p if question.has_p else None,
    )
