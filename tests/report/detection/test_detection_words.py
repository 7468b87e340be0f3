"""What is told of a run: its answer, its stretches, and the numbers behind its figures."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.report.view import detection as told

NBSP = "\N{NO-BREAK SPACE}"


def test_the_answer_says_the_outcome_its_round_once_and_the_evidence(runs: dict[str, Any]) -> None:
    evidence = "covers 2 of 8 modes from round 900 on; before: up to 8"
    answer = told.answer(replace(runs["collapsing"].detection, evidence=evidence))
    assert answer == "Mode collapse from round 900 on: covers 2 of 8 modes; before: up to 8."


def test_the_answer_writes_numbers_as_the_page_does(runs: dict[str, Any]) -> None:
    one = replace(
        runs["collapsing"].detection,
        outcome="diverged",
        onset_round=6500,
        evidence="samples grow from round 6500 on by 20%; not finite from round 9500 on",
    )
    assert told.answer(one) == (
        f"Diverged from round 6,500 on: samples grow by 20{NBSP}%; not finite from round 9,500 on."
    )


def test_undecided_is_said_as_plainly_as_a_verdict(runs: dict[str, Any]) -> None:
    one = replace(runs["undecided"].detection, evidence="30 samples show no mode")
    assert told.answer(one) == "Undecided, 30 samples show no mode."
    assert told.fate(one) == "undecided"
    (whole,) = told.stretches(one)
    assert (whole.fate, whole.name, whole.when) == ("undecided", "undecided", "in all rounds")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("collapsing", [("before", "before round 900"), ("failing", "from round 900 on")]),
        ("healthy", [("before", "before round 300"), ("healthy", "from round 300 on")]),
    ],
)
def test_a_run_is_cut_where_it_changed(
    name: str, expected: list[tuple[str, str]], runs: dict[str, Any]
) -> None:
    one = runs[name].detection
    found = told.stretches(one)
    assert [(s.fate, s.when) for s in found] == expected
    assert [found[0].start, found[0].end, found[1].end] == [0, found[1].start, len(one.rounds)]
    assert one.rounds[found[1].start] == told.change(one)


def test_an_onset_at_the_first_snapshot_leaves_nothing_before_it(runs: dict[str, Any]) -> None:
    one = replace(runs["collapsing"].detection, onset_round=50)
    (only,) = told.stretches(one)
    assert (only.start, only.fate, only.when) == (0, "failing", "from round 50 on")


def test_a_run_that_never_arrived_fails_throughout(runs: dict[str, Any]) -> None:
    one = replace(runs["collapsing"].detection, outcome="stalled", onset_round=None)
    (only,) = told.stretches(one)
    assert (only.fate, only.name, only.when) == ("failing", "stalled", "in all rounds")


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True).map(sorted))
def test_each_snapshot_lies_in_its_own_cell(rounds: list[int]) -> None:
    found = told.edges(np.array(rounds))
    assert (found[:-1] < rounds).all()
    assert (rounds < found[1:]).all()


def test_medians_leave_out_what_is_not_finite(runs: dict[str, Any]) -> None:
    one = runs["healthy"].detection
    last = told.stretches(one)[-1]
    coverage = one.signals["coverage"]
    assert np.isnan(coverage[8])  # round 800
    kept = np.delete(coverage, 8)[last.start :]
    assert told.typical(coverage, last) == pytest.approx(np.median(kept))
    assert told.not_finite(coverage) == [(8, 9)]
    assert np.isnan(told.typical(np.full((30, 4), np.nan), last)).all()


def test_lost_modes_are_named_as_the_figure_numbers_them(runs: dict[str, Any]) -> None:
    one = runs["collapsing"].detection  # only the second and the fifth are left
    assert told.lost_modes(one) == (1, 3, 4, 6, 7, 8)
    assert told.told_modes(one) == (
        "Typically, 6 of 8 modes have under 25 % of their fair share from round 900 on: "
        "1, 3, 4, 6, 7, 8"
    )
    assert told.told_modes(runs["healthy"].detection).startswith("Typically, each of 9 modes")


def test_shares_are_relative_to_the_fair_ones(runs: dict[str, Any]) -> None:
    last = told.of_fair(runs["collapsing"].detection)[-1]
    assert last[[0, 1]] == pytest.approx([0, 4], abs=0.4)  # two modes share what is of eight


def test_many_snapshots_are_averaged_into_few_columns(runs: dict[str, Any]) -> None:
    one = runs["healthy"].detection  # 21 snapshots, the 9th not finite
    shares, found = told.of_fair(one), told.columns(one, 7)
    assert found.shares.shape == (7, 9)
    assert found.shares[0] == pytest.approx(shares[:3].mean(axis=0))
    assert found.shares[2] == pytest.approx(shares[[6, 7]].mean(axis=0))
    assert found.names[0] == "rounds 0 to 200"
    assert found.edges[[0, 1, -1]].tolist() == [-50, 250, 2050]


def test_one_column_a_snapshot_where_there_is_room(runs: dict[str, Any]) -> None:
    one = runs["healthy"].detection
    found = told.columns(one, 60)
    np.testing.assert_array_equal(found.shares, told.of_fair(one))
    assert found.names[3] == "round 300"


def test_the_finding_of_a_signal_has_medians_threshold_band_and_gaps(runs: dict[str, Any]) -> None:
    coverage = told.SIGNALS[0]
    one = runs["healthy"].detection
    bands = {"coverage": replace(one.bands["coverage"], low=0.9, high=0.99, least=0.5)}
    found = told.finding(replace(one, bands=bands), coverage)
    assert found.startswith("Coverage, median: ")
    assert "% before round 300" in found
    assert found.endswith(
        "; a healthy snapshot has at least 50 %; a perfect sampler has 90 to 99 %; "
        "1 snapshot not finite"
    )


def test_without_bands_nothing_is_claimed_of_a_perfect_sampler(runs: dict[str, Any]) -> None:
    one = replace(runs["collapsing"].detection, bands={})
    found = told.finding(one, told.SIGNALS[0])
    assert "perfect" not in found
    assert "healthy snapshot" not in found


@pytest.mark.parametrize("least", [None, 0.0])
def test_a_threshold_that_asks_for_nothing_is_not_told(
    least: float | None, runs: dict[str, Any]
) -> None:
    one = runs["collapsing"].detection
    bands = {"spread": replace(one.bands["spread"], least=least)}
    spread = next(signal for signal in told.SIGNALS if signal.name == "spread")
    assert told.asked(replace(one, bands=bands), spread) == ""


def test_few_samples_a_mode_are_said_to_vary_by_chance(runs: dict[str, Any]) -> None:
    assert "about 1.2 samples" in told.told_chance(runs["undecided"].detection)
    assert told.told_chance(runs["collapsing"].detection) == ""


@pytest.mark.parametrize(
    ("value", "words"), [(1.004, "1.00"), (350.2, "350"), (3e12, "3e12"), (np.nan, "\u2013")]
)
def test_a_scale_is_short_however_large(value: float, words: str) -> None:
    assert told.scale_text(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(1.002, "100 %"), (0.004, "0.4 %"), (0.0, "0 %"), (np.nan, "\u2013")]
)
def test_a_ratio_is_told_in_whole_percent(value: float, words: str) -> None:
    assert told.ratio_text(value) == words


def test_a_run_that_fails_from_its_first_snapshot_on_was_never_healthy(
    runs: dict[str, Any],
) -> None:
    """There is no onset to be seen."""
    one = runs["collapsing"].detection
    first = int(one.rounds[0])
    found = replace(one, onset_round=first, evidence=f"covers 2 of 8 modes from round {first} on")
    assert told.answer(found) == "Mode collapse, never healthy: covers 2 of 8 modes."
    assert told.change_words(found) == told.change_name(found) == "never healthy"
    assert told.change_words(one) == "onset: round 900"
    assert told.change_words(runs["healthy"].detection) == "converged: round 300"
    assert told.change_words(runs["undecided"].detection) == ""
