"""What replicates did, and why a verdict and its interval may seem to disagree."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.verdict import Verdict, VerdictWord
from vistab.report.controls import shown_control
from vistab.report.view.agreement import (
    disagreement,
    disagreements,
    margin_shown,
    quarrels,
    replicates_did,
)

ALPHA = 0.05


@pytest.fixture
def rate(verdicts: tuple[Verdict, ...]) -> Verdict:
    """Supported: effect -0.412, interval -0.523 to -0.287, expected lower, corrected p 0.0137."""
    return next(verdict for verdict in verdicts if verdict.id == "rate")


def of_replicates(verdict: Verdict, *effects: float, **more: Any) -> Verdict:
    """The verdict with these effects of its replicates."""
    rows = [{"replicate": k, "effect": effect} for k, effect in enumerate(effects)]
    control = {"label": "a", "effect": verdict.effect, "by_replicate": rows, **more}
    return replace(verdict, details={**verdict.details, "controls": [control]})


@pytest.mark.parametrize(
    ("kind", "effects", "told"),
    [
        ("rate", [-0.1] * 10, "lower in 10 of 10 replicates (p 0.014)"),
        (
            "rate",
            [-0.1] * 6 + [0.2] * 3 + [0.0],
            "lower in 6 of 10 replicates, higher in 3, equal in 1",
        ),
        ("onset", [100.0, 20.0, -3.0], "later in 2 of 3 replicates, sooner in 1"),
        ("stable_region", [1, 1, 0, 0, 0], "equal in 3 of 5 replicates, wider in 2"),
        ("trend", [0.1, 0.1], "rising in 2 of 2 replicates"),
        ("interaction", [0.1, 0.1], "higher in 2 of 2 replicates"),
        ("score", [-2.0], "lower in 1 of 1 replicates"),
    ],
)
def test_a_card_tells_what_its_replicates_did(
    rate: Verdict, kind: str, effects: list[float], told: str
) -> None:
    found = replicates_did(of_replicates(replace(rate, kind=kind), *effects), ALPHA)
    assert found.startswith(told)
    assert found.endswith("(p 0.014)")


@given(
    below=st.integers(0, 30),
    above=st.integers(0, 30),
    equal=st.integers(0, 30),
    noise=st.booleans(),
)
def test_every_replicate_is_counted_once(below: int, above: int, equal: int, noise: bool) -> None:
    """What is but the rounding of two equal sides is equal."""
    tie = {"treatment": 0.3, "control": 0.1 + 0.2, "effect": 0.3 - (0.1 + 0.2)}
    none = tie if noise else {"effect": 0.0}
    rows = [{"effect": -0.5}] * below + [{"effect": 0.5}] * above + [none] * equal
    verdict = Verdict(
        "C", "rate", "s", "inconclusive", 0.0, None, "share of runs", None, None, 0.0, "lower",
        len(rows), 1, 0, 1, "s", details={"controls": [{"label": "a", "by_replicate": rows}]},
    )  # fmt: skip
    told = replicates_did(verdict, ALPHA)
    counts = {"lower": below, "higher": above, "equal": equal}
    assert bool(told) == bool(rows)
    for word, n in counts.items():
        assert (f"{word} in {n}" in told) == bool(n)
    assert not rows or f"in {max(counts.values())} of {len(rows)} replicates" in told


def test_claims_without_signed_effects_tell_nothing_of_replicates(
    verdicts: tuple[Verdict, ...],
) -> None:
    same = next(one for one in verdicts if one.kind == "identical")
    lost = next(one for one in verdicts if one.verdict == "void")
    assert replicates_did(of_replicates(same, 0.0, 0.1), ALPHA) == ""
    assert replicates_did(lost, ALPHA) == ""


def test_the_p_beside_the_replicates_is_the_controls_own_corrected_one(rate: Verdict) -> None:
    assert "(p 0.03)" in replicates_did(of_replicates(rate, -0.1, p=0.002, p_holm=0.03), ALPHA)
    no_p = replace(rate, p=None, p_holm=None, expect="not_higher")
    assert "(p" not in replicates_did(of_replicates(no_p, -0.1), ALPHA)


def test_of_several_controls_the_numbers_are_those_of_the_one_that_the_verdict_shows(
    rate: Verdict,
) -> None:
    """By effect and interval, not the first."""
    near, far = ({"label": k, "by_replicate": [{"effect": 1.0}]} for k in ("near", "far"))
    near |= {"effect": -0.1, "interval": [-0.2, 0.0]}
    far |= {"effect": -0.412, "interval": [-0.523, -0.287]}
    told = replace(rate, details={"controls": [near, far]})
    assert shown_control(told)["label"] == "far"
    assert shown_control(replace(told, details={"controls": []})) == {}


CASES: tuple[tuple[VerdictWord, tuple[float, float], dict[str, Any], bool], ...] = (
    ("supported", (-0.8, 0.1), {}, True),
    ("supported", (-0.8, -0.1), {}, False),
    ("supported", (-0.8, 0.1), {"expect": "not_higher"}, False),
    ("supported", (-0.1, 0.1), {"expect": None, "kind": "equivalence"}, False),
    ("refuted", (-0.3, 0.8), {}, True),
    ("refuted", (-0.05, 0.8), {}, False),  # all of it falls short of the margin
    ("refuted", (-0.05, 0.8), {"margin": 0.0}, True),
    ("refuted", (0.1, 0.8), {}, False),
    ("inconclusive", (-0.8, -0.1), {"p_holm": 0.2}, True),
    ("inconclusive", (-0.8, 0.1), {"p_holm": 0.2}, False),
    ("inconclusive", (-0.8, -0.05), {"p_holm": 0.02}, False),  # strict, and short of the margin
    ("void", (-0.8, 0.1), {}, False),
)


@pytest.mark.parametrize(("word", "interval", "more", "found"), CASES)
def test_a_verdict_quarrels_with_its_interval_only_where_two_methods_disagree(
    word: VerdictWord,
    interval: tuple[float, float],
    more: dict[str, Any],
    found: bool,
    rate: Verdict,
) -> None:
    verdict = replace(rate, verdict=word, interval=interval, **more)
    assert quarrels(verdict, ALPHA) == found
    assert bool(disagreement(verdict, ALPHA)) == found
    assert bool(disagreements([verdict], ALPHA)) == found


def test_the_reason_of_a_quarrel_is_the_one_that_holds(rate: Verdict) -> None:
    held = replace(rate, interval=(-0.8, 0.1))
    assert disagreement(held, ALPHA).startswith("The interval holds 0: it has to be right at any")
    corrected = replace(rate, verdict="inconclusive", p=0.01, p_holm=0.08)
    assert "not corrected for the other claims" in disagreement(corrected, ALPHA)
    weak = replace(rate, verdict="inconclusive", p=0.125, p_holm=0.5)
    assert "corrected" not in disagreement(weak, ALPHA)


def test_the_forest_names_the_claims_that_quarrel(rate: Verdict) -> None:
    held = [replace(rate, id=id_, interval=(-0.8, 0.1)) for id_ in ("C1", "C2")]
    open_ = replace(rate, id="C3", verdict="inconclusive", p_holm=0.2)
    told = disagreements([*held, rate, open_], ALPHA)
    assert told.startswith(
        "C1 and C2 are supported though their bars hold 0; "
        "C3 is inconclusive though its bar does not hold 0. "
    )
    assert disagreements([rate], ALPHA) == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "shown"),
        ({"interval": (-0.523, -0.05)}, "not shown"),
        ({"interval": (-0.523, 0.05)}, "not shown"),
        ({"margin": 0.0}, ""),
        ({"verdict": "refuted"}, ""),
        ({"expect": "not_higher"}, ""),
        ({"expect": "higher", "effect": 0.4, "interval": (0.1, 0.5)}, "shown"),
    ],
)
def test_a_supported_claim_says_whether_its_margin_is_shown(
    change: dict[str, Any], told: str, rate: Verdict
) -> None:
    assert margin_shown(replace(rate, **change)) == told
