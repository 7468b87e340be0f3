"""The sentences: whole, for every kind and verdict, and rounded as their intervals allow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis import judge
from vistab.analysis.claims import KINDS
from vistab.analysis.sentence import PHRASES
from vistab.analysis.wording import (
    MINUS,
    count,
    plain_scale,
    say_about,
    say_p,
    say_selector,
    share_scale,
)

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}


def planted(run: Any) -> dict[str, Any]:
    """Weight 0 collapses at every step number but 1; weight 5 at the largest rate alone."""
    arm = run.arm.assignment
    failed = arm[STEPS] > 1 and (arm[WEIGHT] == 0 or arm[RATE] == 4e-3)
    return {
        "outcome": "mode_collapse" if failed else "healthy",
        "onset_round": 40 if failed else None,
        "final_coverage": 0.25 if failed else 1.0,
        "severity": 0.1 if arm[WEIGHT] else 0.4,
    }


SENTENCES = {
    "rate": (
        {"kind": "rate", "expect": "lower", **SIDES},
        "With family.regularizer.weight 5, 22 % of runs failed against 67 % with "
        "family.regularizer.weight 0: 44 points fewer, 95 % interval 68 fewer to 17 more, "
        "8 replicates, 72 paired cells, adjusted p 0.0078.",
    ),
    "rate of an outcome, contrary": (
        {"kind": "rate", "expect": "higher", "outcome": "mode_collapse", **SIDES},
        "With family.regularizer.weight 5, 22 % of runs ended in mode collapse against 67 % with "
        "family.regularizer.weight 0: 44 points fewer, 95 % interval 68 fewer to 17 more, "
        "8 replicates, 72 paired cells, adjusted p 0.0078; the opposite of the claim.",
    ),
    "onset": (
        {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
        "With family.regularizer.weight 5, failure came at round 87 on average (never counts as "
        "100) against 60 with family.regularizer.weight 0: 27 rounds later, 95 % interval "
        "28 sooner to 58 later, 8 replicates, 72 paired cells, adjusted p 0.0078.",
    ),
    "score": (
        {
            "kind": "score",
            "given": "ranked",
            "metric": "final_coverage",
            "expect": "higher",
            **SIDES,
        },
        "With family.regularizer.weight 5, final_coverage was higher than with "
        "family.regularizer.weight 0 in 44 % of pairs of runs and lower in 0 % (failed runs "
        "count as the worst and tie with each other): 44 points more often higher, 95 % "
        "interval 17 more often lower to 68 more often higher, 8 replicates, 72 paired cells, "
        "adjusted p 0.0078.",
    ),
    "score, contrary": (
        {
            "kind": "score",
            "given": "ranked",
            "metric": "final_coverage",
            "expect": "lower",
            **SIDES,
        },
        "With family.regularizer.weight 5, final_coverage was higher than with "
        "family.regularizer.weight 0 in 44 % of pairs of runs and lower in 0 % (failed runs "
        "count as the worst and tie with each other): 44 points more often higher, 95 % "
        "interval 17 more often lower to 68 more often higher, 8 replicates, 72 paired cells, "
        "adjusted p 0.0078; the opposite of the claim.",
    ),
    "score of healthy runs": (
        {"kind": "score", "metric": "severity", "given": "healthy", "expect": "lower", **SIDES},
        "With family.regularizer.weight 5, 22 % of runs failed against 67 % with "
        "family.regularizer.weight 0; in the 24 of 72 cells with healthy runs on both sides, "
        "severity was 0.10 against 0.40: 0.30 less, 95 % interval 0.60 less to 0.26 more, 8 "
        "replicates, 24 paired cells, adjusted p 0.0078.",
    ),
    "no worse score": (
        {
            "kind": "score",
            "given": "ranked",
            "metric": "final_coverage",
            "expect": "not_lower",
            "margin": 0.5,
            "within": {STEPS: 1},
            **SIDES,
        },
        "With family.regularizer.weight 5, final_coverage was higher than with "
        "family.regularizer.weight 0 in 0 % of pairs of runs and lower in 0 % (failed runs "
        "count as the worst and tie with each other): no difference, 95 % interval 43 more "
        "often lower to 43 more often higher, 8 replicates, 24 paired cells; within the margin "
        "of 50 points.",
    ),
    "trend": (
        {"kind": "trend", "along": STEPS, "expect": "higher", "arms": {WEIGHT: 0}},
        "Along family.generator_steps (1, 2, 5), the share of runs that failed went from 0 % to "
        "100 %: 50 points up per step, 95 % interval 7 to 50, 8 replicates, 24 cells, "
        "adjusted p 0.0078.",
    ),
    "trend of a metric": (
        {"kind": "trend", "along": STEPS, "metric": "final_coverage", "expect": "higher"},
        "Along family.generator_steps (1, 2, 5), final_coverage went from 1.00 to 0.50: "
        "0.25 down per step, 95 % interval 0.36 down to 0.07 up, 8 replicates, 48 cells, "
        "adjusted p 0.0078; the opposite of the claim.",
    ),
    "interaction": (
        {"kind": "interaction", "across": {STEPS: (1, 5)}, "expect": "higher", **SIDES},
        "With family.regularizer.weight 5 instead of family.regularizer.weight 0, the share of "
        f"runs that failed changed by 0 points at family.generator_steps 1 and by {MINUS}67 points "
        "at 5: 67 points higher, 95 % interval 47 lower to 124 higher, 8 replicates, "
        "24 paired cells, adjusted p 0.0078.",
    ),
    "slopes": (
        {"kind": "interaction", "along": STEPS, "expect": "lower", **SIDES},
        "Per step of family.generator_steps, the share of runs that failed changed by 17 points "
        "with family.regularizer.weight 5 and by 50 points with family.regularizer.weight 0: "
        "33 points lower, 95 % interval 62 lower to 24 higher, 8 replicates, 24 paired cells, "
        "adjusted p 0.0078.",
    ),
    "stable_region": (
        {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
        "With family.regularizer.weight 5, 2.3 of 3 values of optimizer.learning_rate in a row "
        "were healthy on average against 1.0 with family.regularizer.weight 0: 1.3 values more, "
        "95 % interval 0.5 fewer to 2.0 more, 8 replicates, 24 paired cells, adjusted p 0.0078.",
    ),
    "identical": (
        {"kind": "identical", "vary": WEIGHT, "within": {STEPS: 1}},
        "In 24 pairs of runs that differ in family.regularizer.weight alone, every stored number "
        "of the histories is the same: largest difference 0 in 3 columns, 8 replicates, 24 cells.",
    ),
    "no effect": (
        {"kind": "rate", "expect": "lower", "within": {STEPS: 1}, **SIDES},
        "With family.regularizer.weight 5, 0 % of runs failed against 0 % with "
        "family.regularizer.weight 0: no difference, 95 % interval 43 fewer to 43 more, "
        "8 replicates, 24 paired cells, adjusted p 1; inconclusive, and no number of replicates "
        "would settle it while the effect stays as it is.",
    ),
    "equivalent": (
        {"kind": "equivalence", "margin": 0.5, "within": {STEPS: 1}, **SIDES},
        "With family.regularizer.weight 5, the share of runs that failed was 0 % against 0 % with "
        "family.regularizer.weight 0: no difference, 95 % interval 43 less to 43 more, "
        "8 replicates, 24 paired cells; within the margin of 50 points either way.",
    ),
    "not equivalent": (
        {"kind": "equivalence", "metric": "final_coverage", "margin": 0.001, **SIDES},
        "With family.regularizer.weight 5, final_coverage was 0.83 against 0.50 with "
        "family.regularizer.weight 0: 0.33 more, 95 % interval 0.24 less to 0.62 more, "
        "8 replicates, 72 paired cells; inconclusive, about 24 replicates would settle it if "
        "effect and spread stay the same.",
    ),
    "not worse": (
        {"kind": "rate", "expect": "not_higher", "margin": 0.25, "within": {STEPS: 1}, **SIDES},
        "With family.regularizer.weight 5, 0 % of runs failed against 0 % with "
        "family.regularizer.weight 0: no difference, 95 % interval 43 fewer to 43 more, "
        "8 replicates, 24 paired cells; inconclusive, about 24 replicates would settle it "
        "if effect and spread stay the same.",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_whole(name: str, make_study, make_results) -> None:
    claim, expected = SENTENCES[name]
    study = make_study(claim, replicates=8)
    (verdict,) = judge(study, make_results(study, planted))
    assert verdict.sentence == expected


def test_every_kind_has_a_phrase() -> None:
    assert PHRASES.keys() == KINDS.keys()


@given(st.floats(-1, 1), st.floats(0.001, 2))
def test_shares_are_rounded_by_no_more_than_a_tenth_of_the_interval(
    value: float, width: float
) -> None:
    said = share_scale(width).say(value).replace(MINUS, "-")
    assert abs(float(said) / 100 - value) <= max(width / 20, 0.0) + 1e-9
    assert said not in ("-0", "-0.0")


@pytest.mark.parametrize(
    ("value", "width", "said"),
    [(1234.5, 900, "1,230"), (1234.5, 90, "1,234"), (0.1234, 0.5, "0.12"), (-0.001, 0.5, "0.00")],
)
def test_numbers_keep_the_digits_that_the_interval_supports(
    value: float, width: float, said: str
) -> None:
    assert plain_scale(width).say(value) == said


def test_an_effect_smaller_than_a_step_is_not_called_zero() -> None:
    assert share_scale(0.5).say_size(-0.004) == "less than 1"


@pytest.mark.parametrize(
    ("p", "said"),
    [(1.0, "1"), (0.2, "0.2"), (0.00390625, "0.0039"), (0.000123, "0.00012"),
     (2e-6, "below 0.0001")],
)  # fmt: skip
def test_p_has_two_digits_that_count(p: float, said: str) -> None:
    assert say_p(p) == said


@pytest.mark.parametrize(("number", "said"), [(9, "9"), (100, "100"), (4757, "4,800")])
def test_many_replicates_are_a_round_number(number: int, said: str) -> None:
    assert say_about(number) == said


def test_values_are_said_as_yaml_writes_them() -> None:
    selector = {"family.batch_norm": False, WEIGHT: 5.0, "arm": "quarter_step"}
    said = "family.batch_norm false and family.regularizer.weight 5 and arm quarter_step"
    assert say_selector(selector) == said


def test_counts_read_as_english() -> None:
    assert (count(1, "run"), count(1200, "run")) == ("1 run", "1,200 runs")
