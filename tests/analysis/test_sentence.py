"""The sentences: whole, for every kind and verdict, and rounded as their intervals allow."""

from __future__ import annotations

from types import SimpleNamespace
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
    fact_scale,
    plain_scale,
    say_about,
    say_fact,
    say_p,
    say_selector,
    say_units,
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
        "With family.regularizer.weight 5, 22.2 % of runs failed against 66.7 % with "
        "family.regularizer.weight 0: 44.5 points fewer, 95 % interval 68 fewer to 17 more, 8 "
        "replicates, 72 paired cells, adjusted p 0.0078.",
    ),
    "rate of an outcome, contrary": (
        {"kind": "rate", "expect": "higher", "outcome": "mode_collapse", **SIDES},
        "With family.regularizer.weight 5, 22.2 % of runs ended in mode collapse against 66.7 %"
        " with family.regularizer.weight 0: 44.5 points fewer, 95 % interval 68 fewer to 17 "
        "more, 8 replicates, 72 paired cells, adjusted p 0.0078; the opposite of the claim.",
    ),
    "onset": (
        {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
        "With family.regularizer.weight 5, failure came at round 86.7 on average, and with "
        "family.regularizer.weight 0, failure came at round 60 on average (never counts as "
        "100): 26.7 rounds later, 95 % interval 28 sooner to 58 later, 8 replicates, 72 paired "
        "cells, adjusted p 0.0078.",
    ),
    "score": (
        {"kind": "score", "metric": "final_coverage", "expect": "higher", **SIDES},
        "With family.regularizer.weight 5, final_coverage was 0.833 on average over all runs "
        "against 0.5 with family.regularizer.weight 0: 0.333 more, 95 % interval 0.24 less to "
        "0.62 more, 8 replicates, 72 paired cells, adjusted p 0.0078.",
    ),
    "score, contrary": (
        {"kind": "score", "metric": "final_coverage", "expect": "lower", **SIDES},
        "With family.regularizer.weight 5, final_coverage was 0.833 on average over all runs "
        "against 0.5 with family.regularizer.weight 0: 0.333 more, 95 % interval 0.24 less to "
        "0.62 more, 8 replicates, 72 paired cells, adjusted p 0.0078; the opposite of the "
        "claim.",
    ),
    "score of healthy runs": (
        {"kind": "score", "metric": "severity", "given": "healthy", "expect": "lower", **SIDES},
        "With family.regularizer.weight 5, 22 % of runs failed against 67 % with "
        "family.regularizer.weight 0; in the 24 of 72 cells with healthy runs on both sides, "
        "severity was 0.1 against 0.4: 0.3 less, 95 % interval 0.60 less to 0.26 more, 8 "
        "replicates, 24 paired cells, adjusted p 0.0078.",
    ),
    "no worse score": (
        {
            "kind": "score",
            "metric": "final_coverage",
            "expect": "not_lower",
            "margin": 0.5,
            "within": {STEPS: 1},
            **SIDES,
        },
        "With family.regularizer.weight 5, final_coverage was 1 on average over all runs "
        "against 1 with family.regularizer.weight 0: no difference, 95 % interval 0.43 less to "
        "0.43 more, 8 replicates, 24 paired cells; within the margin of 0.5.",
    ),
    "trend": (
        {"kind": "trend", "along": STEPS, "expect": "higher", "arms": {WEIGHT: 0}},
        "Along family.generator_steps (1, 2, 5), the share of runs that failed was 0 %, 100 %, "
        "100 %: 50 points up per step, 95 % interval 7 to 50, 8 replicates, 24 cells, adjusted "
        "p 0.0078. Here all runs failed at family.generator_steps 2, 5: there was no room for a"
        " rise there.",
    ),
    "trend of a metric": (
        {"kind": "trend", "along": STEPS, "metric": "final_coverage", "expect": "higher"},
        "Along family.generator_steps (1, 2, 5), final_coverage was 1, 0.5, 0.5: 0.25 down per "
        "step, 95 % interval 0.36 down to 0.07 up, 8 replicates, 48 cells, adjusted p 0.0078; "
        "the opposite of the claim.",
    ),
    "interaction": (
        {"kind": "interaction", "across": {STEPS: (1, 5)}, "expect": "higher", **SIDES},
        "With family.regularizer.weight 5 instead of family.regularizer.weight 0, the share of "
        f"runs that failed changed by 0 points at family.generator_steps 1 and by {MINUS}66.7 "
        "points at 5: 66.7 points higher, 95 % interval 47 lower to 124 higher, 8 replicates, 24 "
        "paired cells, adjusted p 0.0078. Here no run of either side failed at "
        "family.generator_steps 1: there was no room to show a difference.",
    ),
    "slopes": (
        {"kind": "interaction", "along": STEPS, "expect": "lower", **SIDES},
        "Per step of family.generator_steps, the share of runs that failed changed by 16.7 "
        "points with family.regularizer.weight 5 and by 50 points with "
        "family.regularizer.weight 0: 33.3 points lower, 95 % interval 62 lower to 24 higher, 8"
        " replicates, 24 paired cells, adjusted p 0.0078. Here no run of either side failed at "
        "family.generator_steps 1: there was no room to show a difference.",
    ),
    "stable_region": (
        {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
        "With family.regularizer.weight 5, 2.33 of 3 values of optimizer.learning_rate in a row"
        " were healthy on average against 1 with family.regularizer.weight 0: 1.33 values more,"
        " 95 % interval 0.5 fewer to 2.0 more, 8 replicates, 24 paired cells, adjusted p "
        "0.0078.",
    ),
    "identical": (
        {"kind": "identical", "vary": WEIGHT, "within": {STEPS: 1}},
        "In 24 pairs of runs that differ in family.regularizer.weight alone, every stored "
        "number of the histories is the same: largest difference 0 in 3 columns, 8 replicates, "
        "24 cells.",
    ),
    "no effect": (
        {"kind": "rate", "expect": "lower", "within": {STEPS: 1}, **SIDES},
        "With family.regularizer.weight 5, 0 % of runs failed against 0 % with "
        "family.regularizer.weight 0: no difference, 95 % interval 43 fewer to 43 more, 8 "
        "replicates, 24 paired cells, adjusted p 1; inconclusive, and not even 10,000 "
        "replicates would settle it while the effect stays as it is. Here no run of either side"
        " failed: there was no room to show a difference.",
    ),
    "equivalent": (
        {"kind": "equivalence", "margin": 0.5, "within": {STEPS: 1}, **SIDES},
        "With family.regularizer.weight 5, the share of runs that failed was 0 % against 0 % "
        "with family.regularizer.weight 0: no difference, 95 % interval 43 less to 43 more, 8 "
        "replicates, 24 paired cells; within the margin of 50 points either way. Here no run of"
        " either side failed: there was no room to show a difference.",
    ),
    "not equivalent": (
        {"kind": "equivalence", "metric": "final_coverage", "margin": 0.001, **SIDES},
        "With family.regularizer.weight 5, final_coverage was 0.833 against 0.5 with "
        "family.regularizer.weight 0: 0.333 more, 95 % interval 0.24 less to 0.62 more, 8 "
        "replicates, 72 paired cells; inconclusive, about 16 replicates would settle it, as "
        "refuted, if effect and spread stay the same.",
    ),
    "not worse": (
        {"kind": "rate", "expect": "not_higher", "margin": 0.25, "within": {STEPS: 1}, **SIDES},
        "With family.regularizer.weight 5, 0 % of runs failed against 0 % with "
        "family.regularizer.weight 0: no difference, 95 % interval 43 fewer to 43 more, 8 "
        "replicates, 24 paired cells; inconclusive, about 16 replicates would settle it, as "
        "supported, if effect and spread stay the same. Here no run of either side failed: "
        "there was no room to show a difference.",
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


@pytest.mark.parametrize(
    ("p", "alpha", "said"),
    [
        (0.0503, 0.05, "0.0503"),
        (0.049997, 0.05, "0.05"),
        (0.05, 0.05, "0.05"),
        (0.031, 0.05, "0.031"),
        (0.00001, 0.000001, "0.00001"),
    ],
)
def test_p_is_never_rounded_across_alpha(p: float, alpha: float, said: str) -> None:
    assert say_p(p, alpha) == said


@given(st.floats(0.0001, 1), st.sampled_from([0.01, 0.05, 0.1]))
def test_what_is_said_of_p_lies_on_the_same_side_of_alpha(p: float, alpha: float) -> None:
    assert (float(say_p(p, alpha)) <= alpha) == (p <= alpha)


@pytest.mark.parametrize(
    ("values", "factor", "said"),
    [
        ((80.0, 25.0), 1, ["80", "25"]),
        ((0.3, 0.3), 1, ["0.3", "0.3"]),
        ((1234.4, 3.0), 1, ["1,234", "3"]),
        ((2 / 3, 0.0), 100, ["66.7", "0"]),
        ((1.0, 1 / 3), 100, ["100", "33"]),
        ((0.00012345, 0.0001), 1, ["0.000123", "0.0001"]),
        ((0.0, 0.0), 1, ["0", "0"]),
    ],
)
def test_facts_have_three_digits_and_whole_numbers_all(
    values: tuple[float, ...], factor: float, said: list[str]
) -> None:
    scale = fact_scale(values, factor)
    assert [say_fact(scale, value) for value in values] == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("1", "1 point"),
        ("2", "2 points"),
        ("0", "0 points"),
        ("less than 1", "less than 1 point"),
        ("1.1", "1.1 points"),
    ],
)
def test_one_point_is_not_plural(size: str, said: str) -> None:
    assert say_units(size, "points") == said


@pytest.mark.parametrize(
    ("treatment", "control", "told"),
    [
        (80, 25, "failure came at round 80 on average, and with family.regularizer.weight 0, "
                 "failure came at round 25 on average (never counts as 100): 55 rounds later"),
        (None, 70, "no run failed, and with family.regularizer.weight 0, failure came at round 70 "
                   "on average (never counts as 100): 30 rounds later"),
        (60, 60, "no difference"),
    ],
)  # fmt: skip
def test_the_difference_is_that_of_the_means_as_they_are_said(
    treatment: int | None, control: int, told: str, make_study, make_results
) -> None:
    """Not of numbers rounded to the width of an interval: 80 against 20 for 25, or 60 for 55."""
    claim = {"kind": "onset", "event": "failure", "expect": "later", **SIDES}
    study = make_study(claim, axes={WEIGHT: (0.0, 5.0)})

    def tell(run: Any) -> dict[str, Any]:
        when = treatment if run.arm.assignment[WEIGHT] else control
        return {"outcome": "mode_collapse" if when else "healthy", "onset_round": when}

    (verdict,) = judge(study, make_results(study, tell))
    assert told in verdict.sentence


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_said_means_differ_by_the_said_difference(first: int, second: int) -> None:
    from vistab.analysis.claims.base import evidence_of
    from vistab.analysis.sentence import Said

    sides = first / 10**6, second / 10**6
    evidence = evidence_of([0], [sides[0] - sides[1]], bounds=(-1, 1))
    said = Said(SimpleNamespace(kind="rate"), evidence, None, "", 0.05, 100)
    treatment, control = (float(text.replace(",", "")) for text in said.facts(*sides))
    told = said.difference("more", "fewer", "points", of=sides)
    if not told.startswith(("no difference", "less than")):
        assert float(told.split()[0]) == pytest.approx(abs(treatment - control), abs=1e-9)
