"""Where things stand in the figures of a run."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from vistab.report.figures.detection import (
    loss_figure,
    mode_map,
    round_text,
    shade,
    signal_figure,
    timeline,
)
from vistab.report.view import detection as told

COVERAGE = told.SIGNALS[0]
SCALE = told.SIGNALS[-1]
LEFT, RIGHT, TOP, BOTTOM = 38.0, 238.0, 30.0, 156.0


def drawn(figure: Any, class_: str) -> list[ElementTree.Element]:
    """Elements of a class."""
    root = ElementTree.fromstring(str(figure))
    return [node for node in root.iter() if class_ in node.get("class", "").split()]


def numbers(node: ElementTree.Element, *names: str) -> list[float]:
    return [float(node.get(name, "nan").removesuffix("%")) for name in names]


def texts(figure: Any) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(str(figure)).iter("text")]


def alt(figure: Any) -> str:
    return ElementTree.fromstring(str(figure)).get("aria-label", "")


def path_points(path: str) -> list[Sequence[float]]:
    return [tuple(map(float, point.split())) for point in path.replace("M", "L").split("L")[1:]]


def test_the_bar_of_the_timeline_is_cut_at_the_onsets_cell(runs: dict[str, Any]) -> None:
    figure = timeline(runs["collapsing"].detection)  # rounds 50 to 2000 by 50: cells 25 to 2025
    before, healthy, failing = drawn(figure, "stretch")
    cut, reached = 100 * (875 - 25) / 2000, 100 * (175 - 25) / 2000
    assert numbers(before, "x", "width") == pytest.approx([0, reached])
    assert numbers(healthy, "x", "width") == pytest.approx([reached, cut - reached])
    assert "b-healthy" in healthy.get("class", "")
    assert numbers(failing, "x", "width") == pytest.approx([cut, 100 - cut])
    assert "b-failing" in failing.get("class", "")
    (onset,) = drawn(figure, "onset")
    assert numbers(onset, "x1") == pytest.approx([cut])
    assert {"onset: round 900", "healthy", "mode collapse"} <= set(texts(figure))
    assert alt(figure) == (
        "Timeline: not healthy in rounds 50 to 150; healthy in rounds 200 to 850; "
        "mode collapse from round 900 on"
    )


def test_the_timeline_crosses_out_what_is_not_finite(runs: dict[str, Any]) -> None:
    figure = timeline(runs["healthy"].detection)
    (gone,) = drawn(figure, "gone-line")  # round 800 of 0 to 2000 by 100
    assert numbers(gone, "x1", "x2") == pytest.approx(
        [100 * 800 / 2100, 100 * 900 / 2100], abs=0.01
    )
    assert alt(figure).endswith("; 1 snapshot not finite")
    assert drawn(timeline(runs["collapsing"].detection), "gone-line") == []


def test_an_undecided_run_has_one_bar_and_no_mark(runs: dict[str, Any]) -> None:
    figure = timeline(runs["undecided"].detection)
    (bar,) = drawn(figure, "b-undecided")
    assert numbers(bar, "x", "width") == [0, 100]
    assert drawn(figure, "onset") == []


def test_band_threshold_and_onset_stand_at_their_values(runs: dict[str, Any]) -> None:
    one = runs["collapsing"].detection
    band = replace(one.bands["coverage"], low=0.8, high=0.9, least=0.5)
    figure = signal_figure(replace(one, bands={"coverage": band}), COVERAGE)

    def y(value: float) -> float:
        return BOTTOM + value / 1.02 * (TOP - BOTTOM)

    (shade_,), (least,), (onset,) = (drawn(figure, c) for c in ("null-band", "least", "onset"))
    assert numbers(shade_, "y", "height") == pytest.approx([y(0.9), y(0.8) - y(0.9)], abs=0.06)
    assert numbers(least, "y1", "y2") == pytest.approx([y(0.5)] * 2, abs=0.06)
    at = LEFT + (900 - 25) / 2000 * (RIGHT - LEFT)
    assert numbers(onset, "x1", "x2") == pytest.approx([at, at], abs=0.06)
    assert {"perfect 80 to 90 %", "at least 50 %"} <= set(texts(figure))
    assert alt(figure) == told.finding(replace(one, bands={"coverage": band}), COVERAGE)


def test_a_signal_is_drawn_through_its_values_and_breaks_where_it_has_none(
    runs: dict[str, Any],
) -> None:
    one = runs["healthy"].detection
    figure = signal_figure(one, COVERAGE)
    (path,) = drawn(figure, "run-line")
    assert path.get("d", "").count("M") == 2
    points = np.array(path_points(path.get("d", "")))
    assert len(points) == 20 == len(drawn(figure, "run-dot"))
    finite = np.isfinite(one.signals["coverage"])
    rounds, values = one.rounds[finite], one.signals["coverage"][finite]
    assert points[:, 0] == pytest.approx(LEFT + (rounds + 50) / 2100 * (RIGHT - LEFT), abs=0.06)
    assert points[:, 1] == pytest.approx(BOTTOM + values / 1.02 * (TOP - BOTTOM), abs=0.06)
    (gap,) = drawn(figure, "gone")
    assert numbers(gap, "x", "width") == pytest.approx(
        [LEFT + 800 / 2100 * (RIGHT - LEFT), 100 / 2100 * (RIGHT - LEFT)], abs=0.06
    )


def test_a_scale_that_runs_away_is_on_a_log_axis_and_another_is_not(runs: dict[str, Any]) -> None:
    assert "log scale" in texts(signal_figure(runs["diverging"].detection, SCALE))
    assert "log scale" not in texts(signal_figure(runs["collapsing"].detection, SCALE))


@pytest.mark.parametrize("signal", told.SIGNALS, ids=lambda signal: signal.name)
def test_figures_stand_without_bands_and_without_a_finite_value(
    signal: told.SignalWords, runs: dict[str, Any]
) -> None:
    one = runs["collapsing"].detection
    nothing = {name: np.full_like(values, np.nan) for name, values in one.signals.items()}
    figure = signal_figure(replace(one, signals=nothing, bands={}), signal)
    assert "\u00d7 not finite" in texts(figure)
    assert "nan" not in str(figure)
    assert "nan" not in str(mode_map(replace(one, signals=nothing)))


def test_the_modes_map_has_a_cell_for_each_mode_and_snapshot(runs: dict[str, Any]) -> None:
    one = runs["collapsing"].detection
    root = ElementTree.fromstring(str(mode_map(one)))
    cells = {title.text: node for node in root.iter() for title in node.findall("title")}
    assert len(cells) == 40 * 8
    share = told.ratio_text(float(told.of_fair(one)[-1, 1]))
    lost, twice = cells["mode 1, round 2,000: 0 %"], cells[f"mode 2, round 2,000: {share}"]
    assert (lost.get("class"), lost.get("fill-opacity")) == ("under", "1.00")
    assert (twice.get("class"), twice.get("fill-opacity")) == ("over", "1.00")
    assert numbers(lost, "x", "width") == [1975, 50]
    assert root.get("aria-label") == told.told_modes(one)


@pytest.mark.parametrize("name", ["collapsing", "losing_digits"])
def test_lost_modes_are_dotted_so_that_colour_is_not_alone(name: str, runs: dict[str, Any]) -> None:
    one = runs[name].detection
    (dots,) = drawn(mode_map(one), "lost")
    lost = np.argwhere(told.of_fair(one) < 0.25)
    expected = {(float(one.rounds[t]), mode + 0.5) for t, mode in lost}
    assert {point for point in path_points(dots.get("d", "").replace("h0", ""))} == expected


def test_many_modes_are_named_by_the_ten(runs: dict[str, Any]) -> None:
    one = runs["losing_digits"].detection
    names = [words for words in texts(mode_map(one)) if words.startswith("bin ")]
    assert names == [f"bin {k}" for k in range(10, len(one.fair_shares) + 1, 10)]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, {"class_": "under", "fill_opacity": "1.00"}),
        (0.75, {"class_": "under", "fill_opacity": "0.25"}),
        (1, {"class_": "over", "fill_opacity": "0.00"}),
        (3, {"class_": "over", "fill_opacity": "1.00"}),
        (np.nan, {"class_": "gone"}),
    ],
)
def test_shades_go_from_nothing_over_the_fair_share_to_twice(
    share: float, expected: dict[str, str]
) -> None:
    assert shade(share) == expected


def test_a_loss_has_its_own_range_with_gaps(runs: dict[str, Any]) -> None:
    one = runs["collapsing"].detection
    losses = np.linspace(-3.0, 2.0, 40)
    losses[-4:] = np.nan
    figure = loss_figure(one, "critic", losses)
    assert alt(figure) == "critic: not finite at the end"
    assert len(drawn(figure, "run-dot")) == 36
    assert len(drawn(figure, "gone")) == 1
    assert len(drawn(figure, "onset")) == 1
    assert "log scale" in texts(loss_figure(one, "critic", np.geomspace(1e-3, 1e3, 40)))


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (2000, "2,000"), (20_000, "20k"), (1_500_000, "1.5M")]
)
def test_ticks_of_rounds_stay_short(value: float, words: str) -> None:
    assert round_text(value) == words


def test_every_cell_of_the_mode_map_lies_in_the_row_of_its_own_mode(runs: dict[str, Any]) -> None:
    """And is shaded by that mode's share: in the end modes 2 and 5 have all of the samples."""
    figure = mode_map(runs["collapsing"].detection)
    rows = {
        node.text: (numbers(node, "y")[0] - 24) / 20 - 0.5  # rows of 20 pixels, from 20 on
        for node in drawn(figure, "tick")
        if (node.text or "").startswith("mode ")
    }
    assert rows == {f"mode {k + 1}": pytest.approx(k) for k in range(8)}
    cells = [node for node in ElementTree.fromstring(str(figure)).iter("rect")]
    last = max(numbers(cell, "x")[0] for cell in cells)
    for cell in cells:
        mode = (cell[0].text or "").split(",")[0]
        assert numbers(cell, "y")[0] == pytest.approx(rows[mode], abs=0.05)
        if numbers(cell, "x")[0] == last:
            over = "over" in cell.get("class", "")
            assert over == (mode in ("mode 2", "mode 5"))


def test_the_label_at_the_end_of_a_loss_is_its_last_value(runs: dict[str, Any]) -> None:
    one = runs["collapsing"]
    assert one.losses is not None
    figure = loss_figure(one.detection, "loss", one.losses["generator loss"])
    labels = [n.text for n in drawn(figure, "direct") if "strong" in n.get("class", "")]
    assert labels == ["7.6"]  # log 2000
