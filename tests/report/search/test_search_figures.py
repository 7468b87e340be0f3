"""Drawings of a search: marks at their values, labels that say which, alt texts that say what."""

import math
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import Reading

from vistab.analysis.search import Frontier
from vistab.analysis.stats.frontier import Point
from vistab.plan.frontier import Bracket
from vistab.plan.trials import Told
from vistab.report.figures.frontier import frontier_figure, interval_words
from vistab.report.figures.labels import LETTER, TALL, Box, labels
from vistab.report.figures.search import (
    OUTLINES,
    failure_class,
    pareto_figure,
    plane_figure,
    progress_figure,
)
from vistab.report.view import build_view
from vistab.report.view.search import FrontierView
from vistab.report.view.search_sampler import SamplerView
from vistab.report.view.search_space import Dimension

LOW, HIGH = 104.0, 348.0
"""Where the searched range of a frontier's figure starts and ends, in pixels."""


@pytest.fixture(scope="module")
def sampler(sampled: Any) -> SamplerView:
    """The suggestions of the made-up search."""
    view = build_view(sampled[0], (), sampled[1]).search
    assert view is not None
    assert view.sampler is not None
    return view.sampler


def parsed(drawing: Any) -> ElementTree.Element:
    """The drawing as a tree."""
    return ElementTree.fromstring(str(drawing))


def texts(root: ElementTree.Element) -> list[str]:
    """All its texts."""
    return [node.text or "" for node in root.iter("text")]


def marks(root: ElementTree.Element) -> list[tuple[str, float, float]]:
    """Class and place of every suggestion's mark, in order."""
    found = []
    for node in root.iter("path"):
        kind = (node.get("class") or "").removeprefix("tried f-")
        if kind in OUTLINES:
            x, y = re.findall(r"[\d.]+", node.get("transform") or "")
            found.append((kind, float(x), float(y)))
    return found


def rings(root: ElementTree.Element) -> set[tuple[float, float]]:
    """Where suggestions are outlined."""
    return {
        (float(node.get("cx", "nan")), float(node.get("cy", "nan")))
        for node in root.iter("circle")
        if node.get("class") == "winner"
    }


@given(st.integers(0, 12))
def test_classes_of_the_failure_rate_have_shapes_of_their_own(failed: int) -> None:
    expected = (
        "none" if failed == 0 else "all" if failed == 12 else "half" if failed <= 6 else "most"
    )
    assert failure_class(Told(failed, 12, 0.5)) == expected
    assert len(set(OUTLINES.values())) == len(OUTLINES)


def test_both_objectives_are_drawn_against_each_other_with_the_front(sampler: SamplerView) -> None:
    root = parsed(pareto_figure(sampler))
    drawn = marks(root)
    assert [kind for kind, *_ in drawn] == [
        "all", "all", "half", "none", "most", "half", "half", "most",
    ]  # fmt: skip
    xs, ys = [x for _, x, _ in drawn], [y for *_, y in drawn]
    rates = [one.told.failure_rate for one in sampler.suggestions]
    coverage = [one.told.coverage for one in sampler.suggestions]
    assert sorted(range(8), key=lambda k: (xs[k], -ys[k])) == sorted(
        range(8), key=lambda k: (rates[k], coverage[k])
    )
    line = next(node for node in root.iter("path") if node.get("class") == "front")
    corners = [tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", line.get("d"))]
    for at in (3, 5, 6):
        assert (xs[at], ys[at]) in corners
    steps = pairwise(corners)
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in steps)  # it never cuts a corner
    assert all(later[1] <= first[1] for first, later in pairwise(corners))
    assert rings(root) == {(xs[3], ys[3]), (xs[5], ys[5])}
    assert {"search.best", "search.2", "no. 6"} <= set(texts(root))
    assert not {"no. 3", "no. 5", "no. 2"} & set(texts(root))
    assert root.get("aria-label") == (
        "Pareto front of 8 suggestions: search.best with 0 % failed and coverage 60 %; search.2 "
        "with 25 % failed and coverage 80 %; no. 6 with 50 % failed and coverage 90 %."
    )


def test_front_members_at_one_place_share_a_label(sampler: SamplerView) -> None:
    twin = replace(sampler.suggestions[6], number=9)
    root = parsed(pareto_figure(replace(sampler, suggestions=(*sampler.suggestions, twin))))
    assert "no. 6, no. 9" in texts(root)


@pytest.mark.parametrize(
    ("objective", "start", "end", "at", "rises"),
    [("failure_rate", "100 %", "0 %", 3, True), ("coverage", "20 %", "90 %", 6, False)],
)
def test_one_objective_is_drawn_by_suggestion_with_the_best_so_far(
    objective: str, start: str, end: str, at: int, rises: bool, sampler: SamplerView
) -> None:
    root = parsed(progress_figure(replace(sampler, objectives=(objective,))))
    xs = [x for _, x, _ in marks(root)]
    gaps = [b - a for a, b in pairwise(xs)]
    assert gaps == pytest.approx([gaps[0]] * 7, abs=0.2)
    line = next(node for node in root.iter("path") if node.get("class") == "front")
    ys = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", line.get("d"))]
    assert ys == sorted(ys, reverse=not rises)
    assert f"from {start} at the first to {end} at no. {at}, of 8" in root.get("aria-label", "")
    assert {"search.best", "search.2"} <= set(texts(root))


def test_a_suggestion_that_crashed_leaves_its_place_empty(sampler: SamplerView) -> None:
    kept = tuple(one for one in sampler.suggestions if one.number != 4)
    root = parsed(progress_figure(replace(sampler, suggestions=kept)))
    xs = [x for _, x, _ in marks(root)]
    assert xs[4] - xs[3] == pytest.approx(2 * (xs[1] - xs[0]), abs=0.2)


def test_two_dimensions_are_drawn_against_each_other_on_their_own_scales(
    sampler: SamplerView,
) -> None:
    rate = Dimension("optimizer.learning_rate", 1e-3, 2e-2, log=True)
    weight = Dimension("family.regularizer.weight", 0, 20, log=False)
    root = parsed(plane_figure(replace(sampler, plane=(rate, weight))))
    drawn = marks(root)
    logs = [math.log(one.assignment[rate.path]) for one in sampler.suggestions]
    slope = (drawn[0][1] - drawn[5][1]) / (logs[0] - logs[5])
    for (_, x, _), log in zip(drawn, logs, strict=True):
        assert x == pytest.approx(drawn[5][1] + slope * (log - logs[5]), abs=0.2)
    weights = [one.assignment[weight.path] for one in sampler.suggestions]
    assert [y for *_, y in sorted(drawn, key=lambda one: -one[2])] == [
        drawn[k][2] for k in sorted(range(8), key=lambda k: weights[k])
    ]
    assert "learning rate (log scale)" in texts(root)
    assert (
        "Fewest runs failed (0 %) in 1 of 8 suggestions, at learning rate 0.0034 and"
        in root.get("aria-label", "")
    )


def test_one_dimension_is_drawn_against_the_failure_rate(sampler: SamplerView) -> None:
    weight = Dimension("family.regularizer.weight", 0, 20, log=False)
    root = parsed(plane_figure(replace(sampler, plane=(weight,))))
    ys = {kind: y for kind, _, y in marks(root)}
    assert ys["all"] > 0
    assert ys["all"] < ys["most"] < ys["half"] < ys["none"]  # up is more
    assert "failed runs" in texts(root)


# --- labels


@given(
    st.lists(st.tuples(st.floats(60, 340), st.floats(60, 140)), min_size=1, max_size=2),
)
def test_two_labels_never_cover_each_other(places: list[tuple[float, float]]) -> None:
    drawn = labels([(place, "search.2") for place in places], places, Box(0, 0, 400, 200))
    starts = [re.search(r'x="([-\d.]+)" y="([-\d.]+)"', str(one)) for one in drawn]
    boxes = []
    for found in starts:
        assert found is not None
        x, y = float(found[1]), float(found[2])
        boxes.append(Box(x, y + 3 - TALL, x + 8 * LETTER, y + 3))
    for k, box in enumerate(boxes):
        assert all(box.shared(other) < 2 for other in boxes[:k])  # but for rounding
        assert box.shared(Box(0, 0, 400, 200)) == pytest.approx(box.area, abs=2)


# --- frontiers


def a_frontier(*points: tuple[float, int], ends: Any, interval: Any) -> Frontier:
    """One bisection with 12 runs a step."""
    tried = tuple(Point(value, failed, 12) for value, failed in points)
    return Frontier({"family.regularizer.weight": 5.0}, tried, Bracket(*ends), interval)


def a_view(*rows: Frontier) -> FrontierView:
    """Rows over learning rates from 0.001 to 0.1."""
    along = Dimension("optimizer.learning_rate", 1e-3, 1e-1, log=True)
    return FrontierView(along, "family.regularizer.weight", 0.5, rows)


def test_tried_values_stand_at_their_place_filled_if_stable_with_their_failures() -> None:
    row = a_frontier(
        (1e-2, 6), (0.03162, 12), (0.01779, 7), ends=(1e-2, 0.01779), interval=(None, 0.03162)
    )
    root = parsed(frontier_figure(a_view(row), "95 %"))
    drawn = [(node.get("class"), float(node.get("cx", "nan"))) for node in root.iter("circle")]
    assert [kind for kind, _ in drawn] == ["stable", "unstable", "unstable"]
    expected = [LOW + share * (HIGH - LOW) for share in (1 / 2, 3 / 4, 5 / 8)]
    assert [x for _, x in drawn] == pytest.approx(expected, abs=0.2)
    assert {"6/12", "12/12", "7/12", "regularizer weight 5"} <= set(texts(root))
    spans = {
        node.get("class"): (float(node.get("x", "nan")), float(node.get("width", "nan")))
        for node in root.iter("rect")
    }
    assert spans["span bracket"] == pytest.approx((expected[0], expected[2] - expected[0]), abs=0.2)
    assert spans["span interval"] == pytest.approx((LOW, expected[1] - LOW), abs=0.2)
    assert texts(root).count("\u25c2") == 1  # the interval has no lower end, so it goes on
    assert "\u25b8" not in texts(root)


def test_what_was_not_found_is_an_arrow_and_said() -> None:
    row = a_frontier((1e-2, 12), (3e-3, 12), ends=(None, 3e-3), interval=(None, None))
    root = parsed(frontier_figure(a_view(row), "95 %"))
    assert (texts(root).count("\u25c2"), texts(root).count("\u25b8")) == (2, 1)
    assert root.get("aria-label") == (
        "Largest learning rate at which at most 50 % of runs fail. regularizer weight 5: largest "
        "stable none found, smallest unstable 0.003, 95 % interval no end found."
    )


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((0.002, 0.0112), "0.002 to 0.0112"),
        ((0.004, None), "at least 0.004; no upper end found"),
        ((None, 0.004), "at most 0.004; no lower end found"),
        ((None, None), "no end found"),
    ],
)
def test_an_interval_says_which_end_was_not_found(interval: Any, said: str) -> None:
    assert interval_words(a_frontier(ends=(None, None), interval=interval)) == said


def test_blocks_of_many_bisections_lie_below_each_other() -> None:
    row = a_frontier((1e-2, 6), (0.03162, 12), ends=(1e-2, 0.03162), interval=(None, None))
    root = parsed(frontier_figure(a_view(row, row, row), "95 %"))
    ys = [float(node.get("cy", "nan")) for node in root.iter("circle")]
    assert ys == sorted(ys)
    assert len(set(ys)) == 6
    *_, height = map(float, root.get("viewBox", "").split())
    assert ys[-1] < height


def test_a_suggestion_stands_at_its_settings_on_both_axes(sampler: SamplerView) -> None:
    """Read off the ticks of the figure itself."""
    x, y = sampler.plane
    drawing = plane_figure(sampler)
    figure = Reading(drawing, log_x=x.log, log_y=y.log)
    found = [(figure.x(left), figure.y(top)) for _, left, top in marks(figure.root)]
    wanted = [(one.assignment[x.path], one.assignment[y.path]) for one in sampler.suggestions]
    for here, there in zip(found, wanted, strict=True):
        assert here == pytest.approx(there, rel=0.02, abs=0.1)


@pytest.mark.parametrize("objective", ["failure_rate", "coverage"])
def test_a_suggestion_stands_at_what_it_reached(sampler: SamplerView, objective: str) -> None:
    figure = Reading(progress_figure(replace(sampler, objectives=(objective,))))
    found = [(figure.x(left), figure.y(top)) for _, left, top in marks(figure.root)]
    wanted = [(one.number, getattr(one.told, objective)) for one in sampler.suggestions]
    for here, there in zip(found, wanted, strict=True):
        assert here == pytest.approx(there, abs=0.02)
