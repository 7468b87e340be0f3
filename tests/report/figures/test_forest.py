"""The forest plot: read off its own axis, every row says what its verdict says."""

from dataclasses import replace
from typing import Any

import pytest
from reading import at, fitted, parsed

from vistab.analysis.verdict import Verdict
from vistab.report.figures.forest import forest_axis, forest_figure
from vistab.report.view.claims import ForestRow, forest_reach, forest_row

SIGNS = {"lower": -1, "higher": 1, "sooner": -1, "later": 1, "narrower": -1, "wider": 1}
REACH = 6.0


@pytest.fixture
def rate(verdicts: tuple[Verdict, ...]) -> Verdict:
    """Effect -0.412, interval -0.523 to -0.287, margin 0.1, expected lower."""
    return next(verdict for verdict in verdicts if verdict.id == "rate")


def margins(percent: float, reach: float = REACH) -> float:
    """A place in percent of the width, in margins as the axis beneath tells them."""
    ticks = [
        (at(node, "x"), str(node.text))
        for node in parsed(forest_axis(reach)).iter("text")
        if node.get("class") == "tick"
    ]
    return fitted(ticks, log=False)(percent)


def drawn(row: ForestRow, reach: float = REACH) -> dict[str, Any]:
    """Where a row's dot, the ends of its bar, and its lines stand, in percent."""
    root = parsed(forest_figure(row, reach))
    found: dict[str, Any] = {"margin": [], "zero": [], "bar": [], "arrows": {}}
    for line in root.iter("line"):
        if line.get("class") == "ci" and line.get("x1") != line.get("x2"):
            found["bar"].append((at(line, "x1"), at(line, "x2")))
        elif line.get("class") in ("margin", "zero"):
            assert line.get("x1") == line.get("x2")
            found[str(line.get("class"))].append(at(line, "x1"))
    found["dot"] = [at(dot, "cx") for dot in root.iter("circle")]
    found["arrows"] = {str(t.text): at(t, "x") for t in root.iter("text")}
    return found


@pytest.mark.parametrize("expect", ["lower", "higher"])
def test_a_row_says_effect_interval_and_margin_in_margins(rate: Verdict, expect: str) -> None:
    """To the right if it is as claimed."""
    told = drawn(forest_row(replace(rate, expect=expect)))
    sign = SIGNS[expect]
    assert [margins(x) for x in told["dot"]] == pytest.approx([sign * -4.12], abs=0.02)
    ((left, right),) = told["bar"]
    ends = sorted((sign * -5.23, sign * -2.87))
    assert [margins(left), margins(right)] == pytest.approx(ends, abs=0.02)
    assert [margins(x) for x in told["margin"]] == pytest.approx([1], abs=0.02)
    assert [margins(x) for x in told["zero"]] == pytest.approx([0], abs=0.02)


def test_the_dot_is_the_effect_and_not_the_middle_of_its_interval(rate: Verdict) -> None:
    told = drawn(forest_row(replace(rate, effect=-0.3)))
    assert [margins(x) for x in told["dot"]] == pytest.approx([3.0], abs=0.02)


@pytest.mark.parametrize(
    ("change", "marks"),
    [
        ({"expect": "not_higher"}, [-1]),
        ({"expect": "not_lower"}, [-1]),
        ({"kind": "equivalence", "expect": None}, [-1, 1]),
        ({"margin": 0.0}, []),
    ],
)
def test_the_dashed_lines_are_the_margins_that_the_claim_has_to_keep(
    rate: Verdict, change: dict[str, Any], marks: list[int]
) -> None:
    told = drawn(forest_row(replace(rate, **change)))
    assert sorted(margins(x) for x in told["margin"]) == pytest.approx(marks, abs=0.02)


@pytest.mark.parametrize("expect", SIGNS)
def test_a_row_without_margin_points_where_its_effect_does(rate: Verdict, expect: str) -> None:
    """On a scale of its own: 0 in the middle, and no end past 60 % of the half axis."""
    told = drawn(forest_row(replace(rate, expect=expect, margin=0.0)))
    ((zero,), (dot,), ((left, right),)) = told["zero"], told["dot"], told["bar"]
    assert zero == 50
    assert (dot > 50) == (SIGNS[expect] < 0)
    assert left < dot < right
    assert max(abs(left - 50), abs(right - 50)) == pytest.approx(0.6 * 48, abs=0.1)


def test_an_end_beyond_the_axis_is_cut_with_an_arrow_that_points_on(rate: Verdict) -> None:
    wide = replace(rate, expect="higher", effect=0.0, interval=(-2.0, 3.0))
    told = drawn(forest_row(wide))
    ((left, right),) = told["bar"]
    assert [margins(left), margins(right)] == pytest.approx([-REACH, REACH], abs=0.02)
    assert told["arrows"] == {"\u25c2": pytest.approx(left), "\u25b8": pytest.approx(right)}
    within = drawn(forest_row(rate))
    assert within["arrows"] == {}


def test_the_axis_says_which_way_is_as_claimed() -> None:
    labels = [
        (at(node, "x"), str(node.text))
        for node in parsed(forest_axis(3.0)).iter("text")
        if node.get("class") == "axis-label"
    ]
    words = " ".join(text for _, text in sorted(labels))
    assert words == "\u2190 against effect in margins as claimed \u2192"
    ticks = [
        (at(node, "x"), node.text)
        for node in parsed(forest_axis(3.0)).iter("text")
        if node.get("class") == "tick"
    ]
    assert dict(sorted(ticks))[50] == "0"
    assert margins(98, 3.0) == pytest.approx(3.0, abs=0.02)


def test_the_axis_reaches_the_furthest_end_of_the_rows_in_margins(rate: Verdict) -> None:
    rows = [forest_row(rate), forest_row(replace(rate, interval=(-0.7, -0.1)))]
    assert forest_reach(rows) == pytest.approx(7.0)
    assert forest_reach([forest_row(replace(rate, interval=(-9.0, 0.0)))]) == 12.0
