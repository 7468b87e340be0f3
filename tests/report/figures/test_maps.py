"""The maps over the grid: every number and bar stands where its row and column say."""

from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from reading import at, parsed

from vistab.report.figures.maps import failure_map, outcome_map
from vistab.report.page import named_bar
from vistab.report.view.happened import MapPanel, NamedTally, Tally

CELLS = {
    (0, 0.001): {"healthy": 1, "mode_collapse": 9},
    (0, 0.01): {"healthy": 2, "stalled": 6, "oscillating": 2},
    (5, 0.001): {"healthy": 10},
    (5, 0.01): {"healthy": 7, "diverged": 3},
    (20, 0.001): None,
    (20, 0.01): {"mode_collapse": 10},
}
ROWS, COLUMNS = (0, 5, 20), (0.001, 0.01)
PANEL = MapPanel(
    "two steps",
    ROWS,
    COLUMNS,
    tuple(
        tuple(Tally(CELLS[r, c]) if CELLS[r, c] else None for c in COLUMNS)  # type: ignore[arg-type]
        for r in ROWS
    ),
)


class Grid:
    """A map's labels, and which cell a place belongs to."""

    def __init__(self, root: ElementTree.Element) -> None:
        """Find the labels of rows (which end beside them) and of columns (below their middle)."""
        ticks = [node for node in root.iter("text") if node.get("class") == "tick"]
        self.rows = {float(str(n.text)): at(n, "y") for n in ticks if n.get("text-anchor") == "end"}
        self.columns = {
            float(str(n.text)): at(n, "x") for n in ticks if n.get("text-anchor") == "middle"
        }

    def cell(self, x: float, y: float) -> tuple[float, float]:
        """The row and the column whose labels are nearest."""
        row = min(self.rows, key=lambda value: abs(self.rows[value] - y))
        return row, min(self.columns, key=lambda value: abs(self.columns[value] - x))


def failed(outcomes: dict[str, int]) -> int:
    """How many are not healthy."""
    return sum(n for name, n in outcomes.items() if name != "healthy")


def test_every_cell_of_a_failure_map_counts_the_arm_that_its_labels_name() -> None:
    root = parsed(failure_map(PANEL, "weight", "rate"))
    grid = Grid(root)
    said = {
        grid.cell(at(node, "x"), at(node, "y")): node.text
        for node in root.iter("text")
        if node.get("class") == "heat-text"
    }
    known = {place: outcomes for place, outcomes in CELLS.items() if outcomes}
    assert said == {place: f"{failed(one)}/10" for place, one in known.items()}
    shade = {
        grid.cell(at(n, "x") + at(n, "width") / 2, at(n, "y") + 20): at(n, "fill-opacity")
        for n in root.iter("rect")
        if n.get("class") == "heat"
    }
    assert shade == {place: pytest.approx(failed(one) / 10) for place, one in known.items()}
    (blank,) = [n for n in root.iter("rect") if n.get("class") == "cell none"]
    assert grid.cell(at(blank, "x") + 10, at(blank, "y") + 20) == (20, 0.001)


def bars(nodes: Sequence[ElementTree.Element]) -> list[tuple[str, float]]:
    """Outcomes and lengths of the pieces of a bar from left to right, which must not overlap."""
    ordered = sorted(nodes, key=lambda node: at(node, "x"))
    for before, after in pairwise(ordered):
        assert at(before, "x") + at(before, "width") <= at(after, "x") + 1e-6
    return [(str(n.get("class")).removeprefix("outcome o-"), at(n, "width")) for n in ordered]


def test_every_bar_of_an_outcome_map_has_the_lengths_of_its_arms_outcomes() -> None:
    root = parsed(outcome_map(PANEL, "weight", "rate"))
    grid = Grid(root)
    cells: dict[tuple[float, float], list[ElementTree.Element]] = {}
    pieces = [n for n in root.iter("rect") if "outcome" in str(n.get("class"))]
    whole = max(at(n, "width") for n in root.iter("rect") if n.get("class") == "cell")
    for piece in pieces:
        middle = at(piece, "x") + at(piece, "width") / 2
        cells.setdefault(grid.cell(middle, at(piece, "y") + 15), []).append(piece)
    known = {place: outcomes for place, outcomes in CELLS.items() if outcomes}
    assert cells.keys() == known.keys()
    for place, outcomes in known.items():
        told = bars(cells[place])
        assert [name for name, _ in told] == list(outcomes)
        assert [width for _, width in told] == pytest.approx(
            [n / 10 * whole - 0.8 for n in outcomes.values()], abs=0.2
        )


def test_maps_tell_in_words_what_they_show() -> None:
    failures = parsed(failure_map(PANEL, "weight", "rate")).get("aria-label")
    assert failures == "two steps: failed runs by row, 0: 17 of 20; 5: 3 of 20; 20: 10 of 10"
    ended = parsed(outcome_map(PANEL, "weight", "rate")).get("aria-label")
    assert ended == (
        "two steps: 20 runs healthy, 19 runs mode collapse, 6 runs stalled, "
        "2 runs oscillating, 3 runs diverged"
    )


def test_the_bar_of_a_named_arm_has_the_lengths_of_its_outcomes() -> None:
    root = parsed(named_bar(NamedTally("half step", Tally({"healthy": 3, "stalled": 1}))))
    told = bars(list(root.iter("rect")))
    assert told == [("healthy", pytest.approx(179.2)), ("stalled", pytest.approx(59.2))]
    assert root.get("aria-label") == "half step: 3 healthy, 1 stalled"
