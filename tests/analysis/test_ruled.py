"""The ending of a sentence comes from the rule that fired, and its numbers from that control."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from vistab.analysis import judge
from vistab.analysis.ruled import Family

WEIGHT, STEPS = "family.regularizer.weight", "family.generator_steps"
AXES = {WEIGHT: (0.0, 1.0, 5.0), STEPS: (1, 2, 3, 4, 5)}
LIST = {
    "kind": "rate",
    "expect": "lower",
    "treatment": {WEIGHT: 5.0},
    "control": ({WEIGHT: 0.0}, {WEIGHT: 1.0}),
}


@pytest.fixture
def judged(make_study, make_results):
    """judged(claim, failing, replicates): the verdict where `failing(weight, replicate)` of five
    runs fail.
    """

    def verdict(
        claim: dict[str, Any], failing: Any, replicates: int = 10, n_others: int = 0
    ) -> Any:
        others = [{"kind": "trend", "along": STEPS, "expect": "higher"}] * n_others
        study = make_study(claim, *others, replicates=replicates, axes=AXES)
        results = make_results(
            study,
            lambda run: (
                "stalled"
                if run.arm.assignment[STEPS] <= failing(run.arm.assignment[WEIGHT], run.replicate)
                else "healthy"
            ),
        )
        return judge(study, results)[0]

    return verdict


def test_what_falls_short_of_its_margin_is_not_called_the_opposite(judged) -> None:
    """The effect is a little contrary, and nothing that a test would notice."""
    claim = {**LIST, "control": {WEIGHT: 0.0}, "margin": 0.5}
    found = judged(claim, lambda w, r: 3 if w == 5 and r == 0 else 2, replicates=20)
    assert (found.verdict, found.p) == ("refuted", 1)
    assert found.effect > 0  # fewer were expected
    assert "it falls short of the margin of 50 points" in found.sentence
    assert "opposite" not in found.sentence


def test_what_a_test_shows_to_be_contrary_is_called_the_opposite(judged) -> None:
    claim = {**LIST, "control": {WEIGHT: 0.0}, "margin": 0.5}
    found = judged(claim, lambda w, r: 5 if w == 5 else 0)
    assert found.sentence.split(";")[1].startswith(" the opposite of the claim")


def test_one_of_two_controls_that_refutes_is_named(judged) -> None:
    """Against weight 1 there is nothing at all; against weight 0 a contrary jumble."""

    def failing(weight: float, replicate: int) -> int:
        if weight == 0:
            return 5 if replicate < 17 else 0
        return 3

    found = judged({**LIST, "margin": 0.19}, failing, replicates=30)
    first, second = found.details["controls"]
    assert [one["verdict"] for one in found.details["controls"]] == ["inconclusive", "refuted"]
    assert first["effect"] > 0  # contrary, so less favourable
    assert found.verdict == "refuted"
    assert found.effect == second["effect"] == 0
    assert found.sentence.startswith("Of 2 controls the one that refutes: ")
    assert f"with {WEIGHT} 1: no difference" in found.sentence
    assert "it falls short of the margin of 19 points" in found.sentence


@given(
    ps=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    n_gone=st.integers(0, 3),
    data=st.data(),
)
def test_a_p_is_corrected_as_statsmodels_would_were_it_the_claims_own(
    ps: list[float], n_gone: int, data: st.DataObject
) -> None:
    family = Family({f"C{at}": p for at, p in enumerate(ps)}, n_gone)
    at, p = data.draw(st.integers(0, len(ps) - 1)), data.draw(st.floats(0, 1))
    instead = [*ps[:at], p, *ps[at + 1 :], *([1.0] * n_gone)]
    expected = multipletests(instead, method="holm")[1][at]
    assert family.corrected(f"C{at}", p) == pytest.approx(expected)


def test_a_single_control_is_not_supported_by_a_p_that_holm_would_not_let_pass(judged) -> None:
    """One control is beaten in all of 6 replicates (p 0.031), the other not at all (p 1)."""

    def failing(weight: float, replicate: int) -> int:
        return 5 if weight == 0 else 0

    alone = judged(LIST, failing, replicates=6)
    among_ten = judged(LIST, failing, replicates=6, n_others=9)
    told = [[one["p"], one["p_holm"], one["verdict"]] for one in among_ten.details["controls"]]
    assert told[0][0] == alone.details["controls"][0]["p"] == 2 / 2**6
    assert alone.details["controls"][0]["verdict"] == "supported"
    assert told[0][1:] == [pytest.approx(10 * 2 / 2**6), "inconclusive"]
    assert told[1] == [1, 1, "inconclusive"]


@pytest.mark.parametrize(
    ("margin", "replicates", "words"),
    [
        (0.1, 6, "; that it is at least the margin of 10 points is not shown"),
        (0.1, 40, "; at least the margin of 10 points"),
        (0.0, 40, "adjusted p below 0.0001."),
    ],
)
def test_a_supported_claim_says_whether_its_margin_is_shown(
    margin: float, replicates: int, words: str, judged
) -> None:
    claim = {**LIST, "control": {WEIGHT: 0.0}, "margin": margin}
    found = judged(claim, lambda w, r: 5 if w == 0 else 1, replicates)
    assert found.verdict == "supported"
    assert words in found.sentence
    strict = judged({**claim, "strict": margin > 0}, lambda w, r: 5 if w == 0 else 1, replicates)
    assert strict.verdict == ("inconclusive" if "not shown" in words else "supported")


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        (lambda w, r: 5, "all runs of both sides failed: there was no room to show a difference"),
        (lambda w, r: 0, "no run of either side failed: there was no room to show a difference"),
        (
            lambda w, r: 1 if w == 5 else 0,
            f"no run with {WEIGHT} 0 failed: there was no room for fewer",
        ),
        (lambda w, r: 0 if w == 5 else 5, None),
        (lambda w, r: 5 if r else 4, None),  # one run of fifty is room
    ],
)
def test_where_no_benefit_could_be_seen_the_sentence_says_so(failing, told, judged) -> None:
    found = judged({**LIST, "control": {WEIGHT: 0.0}}, failing)
    assert found.details["no_room"] == ([] if told is None else [told])
    assert told is None or found.sentence.endswith(f" Here {told}.")


def test_a_level_without_room_is_named(judged) -> None:
    claim = {
        "kind": "interaction",
        "across": {STEPS: (1, 5)},
        "expect": "lower",
        "treatment": {WEIGHT: 5.0},
        "control": {WEIGHT: 0.0},
    }
    found = judged(claim, lambda w, r: 5 if w == 0 else 1)
    told = f"all runs of both sides failed at {STEPS} 1: there was no room to show a difference"
    assert found.details["no_room"] == [told]


@pytest.mark.parametrize(
    ("module", "name"),
    [("finding", "betting_interval"), ("ruled", "settled"), ("ruled", "rule"), ("room", "_shares")],
)
def test_a_claim_that_makes_the_judge_fail_is_void_alone(
    module: str, name: str, judged, monkeypatch
) -> None:
    """Its words are kept; wherever it is: weighing, ruling, or putting it in words."""

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(import_module(f"vistab.analysis.{module}"), name, broken)
    found = judged(LIST, lambda w, r: 1)
    assert found.verdict == "void"
    assert found.error is not None
    assert found.error.startswith("ZeroDivisionError: division by zero (test_ruled.py, line ")
    assert found.reason == f"judging it failed: {found.error}"
    assert found.sentence == f"Could not be judged: {found.reason}."
