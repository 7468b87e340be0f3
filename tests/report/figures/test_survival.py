"""Survival curves say, of each side by itself, how many runs are left at each round."""

from itertools import pairwise

import pytest
from reading import Reading, value_of

from vistab.report.figures.survival import Curve, survival_figure

CURVES: dict[str, dict[str, list[float]]] = {
    "treatment": {
        "rounds": [0, 200, 500, 1000],
        "survival": [1.0, 0.9, 0.8, 0.6],
        "low": [0.95, 0.8, 0.65, 0.4],
        "high": [1.0, 0.97, 0.9, 0.75],
    },
    "control": {
        "rounds": [0, 100, 400],
        "survival": [1.0, 0.5, 0.2],
        "low": [0.9, 0.35, 0.1],
        "high": [1.0, 0.6, 0.3],
    },
}
TIMES = (50, 150, 300, 450, 700, 999)


def left_at(curve: Curve, key: str, time: float) -> float:
    """The curve's value at a time: that of the last round before it."""
    known = [v for r, v in zip(curve["rounds"], curve[key], strict=True) if r <= time]
    return known[-1]


def drawn_at(corners: list[tuple[float, float]], time: float) -> float:
    """The height of a step line at a time."""
    flat = [a[1] for a, b in pairwise(corners) if a[0] <= time < b[0] and abs(a[1] - b[1]) < 1e-3]
    (height,) = flat
    return height


@pytest.fixture
def figure() -> Reading:
    """Both sides; the control has no round after 400."""
    return Reading(survival_figure(CURVES, "alt", "not failed yet"))


@pytest.mark.parametrize("side", ["treatment", "control"])
def test_a_sides_line_is_its_own_curve_to_the_last_round_of_either(
    figure: Reading, side: str
) -> None:
    (line,) = figure.lines("strong", f"stroke-{side}")
    wanted = [left_at(CURVES[side], "survival", time) for time in TIMES]
    assert [drawn_at(line, time) for time in TIMES] == pytest.approx(wanted, abs=0.01)
    assert line[-1] == pytest.approx((1000, CURVES[side]["survival"][-1]), rel=0.01)


@pytest.mark.parametrize("side", ["treatment", "control"])
def test_a_sides_band_lies_between_its_own_low_and_high(figure: Reading, side: str) -> None:
    (around,) = figure.lines("band", f"fill-{side}")
    upper, lower = around[: len(around) // 2], around[: len(around) // 2 - 1 : -1]
    for line, key in ((upper, "high"), (lower, "low")):
        wanted = [left_at(CURVES[side], key, time) for time in TIMES]
        assert [drawn_at(line, time) for time in TIMES] == pytest.approx(wanted, abs=0.01)


def test_each_side_is_named_with_the_share_that_is_left_at_its_end(figure: Reading) -> None:
    words = [text for *_, text in figure.said("direct")]
    assert words == ["treatment", "60 %", "control", "20 %"]
    ends = {text: y for _, y, text in figure.said("direct")}
    assert figure.y(ends["treatment"]) > figure.y(ends["control"])
    assert value_of("60 %") == CURVES["treatment"]["survival"][-1]
