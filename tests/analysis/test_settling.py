"""How many replicates would settle a claim: by asking the rules again, not by a formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.analysis.claims.base import evidence_of
from vistab.analysis.finding import Finding
from vistab.analysis.ruling import EQUIVALENT, Against, Question, claim_p, combine, rule
from vistab.analysis.settling import MOST_REPLICATES, Settled, effects_of, settled
from vistab.analysis.stats.betting import betting_interval
from vistab.analysis.stats.sign_flip import sign_flip
from vistab.plan.cells import Cell, Comparison

BOUNDS = (-1.0, 1.0)


def found(*effects: list[float], bounds: Any = BOUNDS, **asked: Any) -> Finding:
    """A finding with these effects against each control."""
    question = Question(
        **{
            "expect": "higher", "margin": 0.0, "alpha": 0.05, "n_claims": 1,
            "n_controls": len(effects), **asked,
        }
    )  # fmt: skip
    cells = tuple(Cell(replicate, (), {}) for replicate in range(len(effects[0])))
    against = tuple(
        Against(f"control {at}", evidence_of(range(len(row)), row, bounds=bounds), None, None, 0.5)
        for at, row in enumerate(effects)
    )
    compared = tuple(Comparison("control", (), (), (None,), cells, 0) for _ in effects)
    return Finding(None, question, compared, against)  # type: ignore[arg-type]


def ruled(finding: Finding, n: int) -> str:
    """The verdict with n replicates, by test and interval themselves."""
    question, effects = finding.question, effects_of(finding)
    repeated = effects[np.arange(n) * len(effects) // n]
    n_controls = question.n_controls
    against = [
        Against(
            "control",
            evidence_of(range(n), column, bounds=BOUNDS),
            betting_interval(column, BOUNDS, question.alpha),
            betting_interval(column, BOUNDS, question.alpha / n_controls),
            sign_flip(column).p if question.has_p else None,
        )
        for column in repeated.T
    ]
    p = claim_p(against, question)
    p_holm = 1.0 if p is None else min(1.0, p * question.n_claims)
    return combine([rule(one, question, p_holm).word for one in against])


def test_equal_effects_need_the_number_whose_smallest_p_is_alpha() -> None:
    """p is 0.25 with three, 0.031 with six; with five claims it takes eight."""
    assert settled(found([0.5] * 3)) == Settled(6, "supported")
    assert settled(found([0.5] * 3, n_claims=5)) == Settled(8, "supported")
    assert settled(found([-0.5] * 3)) == Settled(6, "refuted")


def test_no_replicates_settle_an_effect_of_zero_without_a_margin() -> None:
    assert settled(found([0.0] * 8)) is None
    assert settled(found([0.25, -0.25] * 4)) is None


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"margin": 0.1}, "refuted"),
        ({"margin": 0.1, "expect": "not_higher"}, "supported"),
        ({"margin": 0.1, "expect": EQUIVALENT}, "supported"),
    ],
)
def test_runs_that_all_end_alike_are_settled_by_44_at_a_margin_of_a_tenth(
    n: int, asked: dict[str, Any], word: str
) -> None:
    """However many there are now: 44 is where the interval of nothing but zeros is that short."""
    assert betting_interval([0.0] * 43, BOUNDS, 0.05)[1] > 0.1
    assert betting_interval([0.0] * 44, BOUNDS, 0.05)[1] <= 0.1
    assert settled(found([0.0] * n, **asked)) == Settled(44, word)


def test_without_bounds_no_replicates_settle_a_claim_by_its_interval() -> None:
    asked = {"margin": 0.1, "expect": "not_higher", "bounds": None}
    assert settled(found([0.0] * 8, **asked)) is None


def test_of_several_controls_the_hardest_counts_or_the_first_contrary_one() -> None:
    assert settled(found([0.5] * 3, [0.5] * 3)) == Settled(6, "supported")
    assert settled(found([0.5] * 3, [-0.5] * 3)) == Settled(7, "refuted")  # at alpha / 2
    assert settled(found([0.5] * 3, [0.0] * 3)) is None


def test_a_margin_that_must_be_shown_takes_more() -> None:
    usual, strict = (
        settled(found([0.5] * 5, margin=0.2, strict=strict)) for strict in (False, True)
    )
    assert usual is not None
    assert strict is not None
    assert usual.n_replicates == 6 < strict.n_replicates
    n = strict.n_replicates
    assert betting_interval([0.5] * n, BOUNDS, 0.05)[0] >= 0.2
    assert betting_interval([0.5] * (n - 1), BOUNDS, 0.05)[0] < 0.2


def test_a_tiny_effect_is_nobodys_plan() -> None:
    effects = [1.0, -1.0, 1.0, -1.0, 0.001]
    assert settled(found(effects)) is None
    assert MOST_REPLICATES == 10_000


@given(
    effects=st.lists(st.integers(-3, 3).map(lambda k: k / 3), min_size=3, max_size=8),
    margin=st.sampled_from([0.0, 0.2]),
    expect=st.sampled_from(["higher", "not_lower", EQUIVALENT]),
)
@settings(max_examples=25)
def test_what_would_settle_it_does_by_the_rules_and_one_fewer_does_not(
    effects: list[float], margin: float, expect: str
) -> None:
    margin = margin if expect == "higher" else 0.2
    finding = found(effects, margin=margin, expect=expect, n_claims=2)
    needed = settled(finding)
    if needed is None or needed.n_replicates > 20:  # past 20 the test itself draws at random
        return
    assert needed.n_replicates > len(effects)
    assert ruled(finding, needed.n_replicates) == needed.word != "inconclusive"
    if needed.n_replicates > len(effects) + 1:
        assert ruled(finding, needed.n_replicates - 1) == "inconclusive"
