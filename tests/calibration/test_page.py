"""docs/calibration.md holds the lab's scenarios, and no arithmetic of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lab.checks import AT_MARGIN, BEYOND, FAMILY, INTERVALS, NO_EFFECT
from lab.page import INTRODUCTION, N_STUDIES, TEXTS, Rate, allowed, beyond, checks_of, labels
from lab.planted import SUPPORTED, TOLERANCE
from lab.rivals import RIVALS
from lab.scenarios import PLANTED

PAGE = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")
FOUND = re.compile(r"([\d,]+) of ([\d,]+): .*")
TABLES = (NO_EFFECT, AT_MARGIN, FAMILY, INTERVALS, BEYOND)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    (section,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def rate(cell: str) -> Rate:
    """What a cell says, with its interval computed again."""
    count, n = (int(number.replace(",", "")) for number in FOUND.fullmatch(cell).groups())
    assert str(Rate(count, n)) == cell
    assert n == N_STUDIES
    return Rate(count, n)


@pytest.mark.parametrize("name", TABLES)
def test_the_rows_are_the_scenarios_of_the_lab(name):
    """If this fails: `make calibrate`."""
    assert [tuple(cells[:5]) for cells in rows(name)] == [labels(*pair) for pair in checks_of(name)]


@pytest.mark.parametrize("name", TABLES)
def test_rates_intervals_and_marks_follow_from_the_counts(name):
    for cells, (_, check) in zip(rows(name), checks_of(name), strict=True):
        assert cells[6] == beyond(check, rate(cells[5]))
        assert cells[4] == allowed(check)


def test_the_rows_of_power_are_those_of_the_lab_and_near_what_was_foretold():
    found = rows("Power")
    assert [tuple(c[:3]) for c in found] == [labels(s, SUPPORTED)[:3] for s in PLANTED.values()]
    for cells in found:
        near = abs(rate(cells[4]).share - float(cells[3])) <= TOLERANCE
        assert cells[5] == ("" if near else "**off**")


def test_every_method_stands_beside_ours():
    found = rows("Why so wide an interval?")
    assert [cells[0] for cells in found] == list(RIVALS)
    assert all(rate(cell) for cells in found for cell in cells[1:])


def test_the_words_are_those_of_the_lab():
    assert PAGE.startswith(INTRODUCTION)
    assert all(f"## {name}\n\n{text}\n" in PAGE for name, text in TEXTS.items())


@pytest.mark.parametrize("name", TABLES)
def test_nothing_happened_more_often_than_it_may_by_more_than_chance(name):
    """Of many rows that are exactly at their limit, one in forty gets a mark; in 1,000, one."""
    for cells, (_, check) in zip(rows(name), checks_of(name), strict=True):
        assert not beyond(check, rate(cells[5]), level=0.998), cells


def test_power_is_near_what_was_foretold_in_every_row():
    assert not any(cells[5] for cells in rows("Power"))
