"""The rules of judging, on findings made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.claims.base import evidence_of
from vistab.analysis.ruling import (
    EQUIVALENT,
    SIGNS,
    Against,
    Question,
    claim_p,
    combine,
    control_p,
    rule,
)

BOUNDS = (-1.0, 1.0)
OPPOSITE = {"lower": "higher", "sooner": "later", "narrower": "wider", "not_higher": "not_lower"}


def asked(expect: str | None = "higher", margin: float = 0.0, **more: object) -> Question:
    """A question at alpha 0.05, alone in its study."""
    defaults = {"alpha": 0.05, "n_controls": 1, "n_claims": 1}
    return Question(expect, margin, **{**defaults, **more})


def against(
    effect: float,
    interval: tuple[float, float] | None,
    p: float | None = None,
    strict: tuple[float, float] | None = None,
    n: int = 8,
) -> Against:
    """A finding with this effect in each of n replicates."""
    evidence = replace(evidence_of(range(n), [0.0] * n, bounds=BOUNDS), effect=effect)
    return Against("control", evidence, interval, strict or interval, p)


@pytest.mark.parametrize(
    ("effect", "interval", "p", "margin", "verdict"),
    [
        (0.5, (0.1, 0.8), 0.01, 0.0, "supported"),
        (0.5, (-0.1, 0.8), 0.05, 0.0, "supported"),  # the test decides, and alpha is enough
        (0.5, (0.1, 0.8), 0.051, 0.0, "inconclusive"),
        (0.5, (0.1, 0.8), 0.01, 0.2, "supported"),
        (0.5, (0.1, 0.8), 0.01, 0.8, "supported"),  # not wholly below the margin
        (0.5, (0.1, 0.8), 0.01, 0.9, "refuted"),  # real, and too small to matter
        (0.0, (-0.1, 0.1), 1.0, 0.2, "refuted"),  # no effect worth having, shown
        (0.0, (-0.1, 0.1), 1.0, 0.1, "inconclusive"),
        (0.0, (-0.1, 0.1), 1.0, 0.0, "inconclusive"),
        (-0.5, (-0.8, -0.1), 0.01, 0.0, "refuted"),
        (-0.5, (-0.8, 0.3), 0.01, 0.2, "refuted"),
        (-0.5, (-0.8, 0.3), 0.2, 0.0, "inconclusive"),
        (0.5, None, 0.01, 0.0, "supported"),  # metrics without bounds have no interval
        (0.5, None, 0.01, 0.1, "inconclusive"),
    ],
)
@pytest.mark.parametrize("expect", ["higher", "lower"])
def test_differences(
    effect: float,
    interval: tuple[float, float] | None,
    p: float,
    margin: float,
    verdict: str,
    expect: str,
) -> None:
    """Written for `higher`; `lower` is its mirror image."""
    if expect == "lower":
        effect, interval = -effect, None if interval is None else (-interval[1], -interval[0])
    assert rule(against(effect, interval, p), asked(expect, margin), p).word == verdict


@pytest.mark.parametrize(
    ("expect", "interval", "verdict"),
    [
        ("not_higher", (-0.3, 0.1), "supported"),
        ("not_higher", (-0.3, 0.11), "inconclusive"),
        ("not_higher", (0.05, 0.3), "inconclusive"),
        ("not_higher", (0.11, 0.3), "refuted"),
        ("not_lower", (-0.1, 0.3), "supported"),
        ("not_lower", (-0.11, 0.3), "inconclusive"),
        ("not_lower", (-0.3, -0.11), "refuted"),
        ("not_higher", None, "inconclusive"),
    ],
)
def test_non_inferiority_goes_by_the_interval_alone(
    expect: str, interval: tuple[float, float] | None, verdict: str
) -> None:
    effect = 0.0 if interval is None else sum(interval) / 2
    assert rule(against(effect, interval), asked(expect, 0.1), 1.0).word == verdict
    assert not asked(expect, 0.1).has_p


@pytest.mark.parametrize(
    ("interval", "strict", "verdict"),
    [
        ((-0.1, 0.1), None, "supported"),
        ((-0.11, 0.1), None, "inconclusive"),
        ((-0.1, 0.11), None, "inconclusive"),
        ((0.05, 0.3), None, "inconclusive"),
        ((0.11, 0.3), None, "refuted"),
        ((-0.3, -0.11), None, "refuted"),
        ((0.11, 0.3), (0.09, 0.4), "inconclusive"),  # one of several controls: stricter
        (None, None, "inconclusive"),
    ],
)
def test_equivalence_goes_by_the_interval_alone_and_either_way(
    interval: tuple[float, float] | None, strict: tuple[float, float] | None, verdict: str
) -> None:
    effect = 0.0 if interval is None else sum(interval) / 2
    found = against(effect, interval, strict=strict)
    assert rule(found, asked(EQUIVALENT, 0.1), 1.0).word == verdict
    assert not asked(EQUIVALENT, 0.1).has_p


@pytest.mark.parametrize(
    ("difference", "verdict"), [(0.0, "supported"), (1e-30, "refuted"), (np.inf, "refuted")]
)
def test_any_difference_refutes_identity(difference: float, verdict: str) -> None:
    assert rule(against(difference, None), asked(None), 1.0).word == verdict


@given(
    st.sampled_from(sorted(OPPOSITE)), st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 1),
    st.floats(0, 0.5), st.floats(0, 1),
)  # fmt: skip
def test_a_claim_and_its_opposite_are_never_both_supported(
    expect: str, effect: float, low: float, high: float, margin: float, p: float
) -> None:
    """Non-inferiority apart: both ways at once is equivalence."""
    found = against(effect, (effect - low, effect + high), p)
    verdicts = [rule(found, asked(e, margin), p).word for e in (expect, OPPOSITE[expect])]
    if expect != "not_higher":
        assert verdicts.count("supported") <= 1
    if "supported" in verdicts and margin == 0 and expect != "not_higher":
        assert "refuted" in verdicts


def test_the_signs_of_the_expectations_mirror_each_other() -> None:
    assert all(SIGNS[a] == -SIGNS[b] for a, b in OPPOSITE.items())
    assert set(SIGNS) == {*OPPOSITE, *OPPOSITE.values()}


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "inconclusive"], "inconclusive"),
        (["supported", "refuted"], "refuted"),
        (["inconclusive", "refuted"], "refuted"),
    ],
)
def test_against_each_to_be_supported_against_any_to_be_refuted(
    words: list[str], verdict: str
) -> None:
    assert combine(words) == verdict


def test_the_p_of_a_list_is_the_largest_where_all_effects_are_as_expected() -> None:
    found = [against(0.5, None, 0.01), against(0.3, None, 0.04)]
    assert claim_p(found, asked(n_controls=2)) == 0.04
    assert [control_p(one, asked(n_controls=2), lambda p: 2 * p) for one in found] == [0.02, 0.08]


def test_the_p_of_a_list_is_that_of_the_contrary_effects_times_their_number() -> None:
    """A tiny p as expected does not help; a contrary one must stand correction."""
    found = [against(0.5, None, 0.0001), against(-0.3, None, 0.02), against(-0.1, None, 0.5)]
    question = asked(n_controls=3)
    assert claim_p(found, question) == pytest.approx(0.06)
    assert control_p(found[1], question, lambda p: p) == pytest.approx(0.06)
    assert control_p(found[0], question, lambda p: p) == 0.0001


def test_an_effect_of_zero_on_one_control_supports_nothing() -> None:
    found = [against(0.5, None, 0.0001), against(0.0, None, 1.0)]
    assert claim_p(found, asked(n_controls=2)) == 1.0


def test_refuting_by_margin_uses_the_interval_corrected_for_the_controls() -> None:
    found = against(0.0, (-0.1, 0.1), 1.0, strict=(-0.3, 0.3))
    assert rule(found, asked(margin=0.2, n_controls=2), 1.0).word == "inconclusive"
