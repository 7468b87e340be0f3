"""Maps over the grid: failure rate and outcomes of each cell, one scale everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from markupsafe import Markup

from vistab.analysis.wording import count
from vistab.report.figures.svg import figure, rect, text
from vistab.report.view.happened import MapPanel, Tally
from vistab.report.words import OUTCOMES, outcome_name, short_names, value_name

LEFT, TOP, CELL = 34.0, 6.0, 34.0
WIDTH = 320.0
LETTER, MOST_LETTERS = 6.2, 18
"""Pixels of a letter of a tick; letters of a row's name at most, so that cells have room."""


def failure_map(panel: MapPanel, row_axis: str, column_axis: str) -> Markup:
    """Cells shaded by the share of failed runs, `k/n` in each; blank where nothing was planned."""

    def cell(x: float, y: float, width: float, tally: Tally) -> list[Markup]:
        share = tally.failed / tally.n if tally.n else 0.0
        words = f"{tally.failed}/{tally.n}" if tally.n else "lost"
        return [
            rect(x, y, width, CELL - 2, "heat", fill_opacity=f"{share:.2f}"),
            text(x + width / 2, y + CELL / 2 + 3, words, "heat-text", "middle"),
        ]

    return _map(panel, row_axis, column_axis, cell, _finding(panel))


def outcome_map(panel: MapPanel, row_axis: str, column_axis: str) -> Markup:
    """The same cells as stacked bars of outcomes."""

    def cell(x: float, y: float, width: float, tally: Tally) -> list[Markup]:
        return [*stack(x, y + 5, width, CELL - 12, tally)]

    return _map(panel, row_axis, column_axis, cell, _outcomes(panel))


def stack(x: float, y: float, width: float, height: float, tally: Tally) -> list[Markup]:
    """One bar of outcomes, its lengths the shares of the finished runs."""
    if not tally.n:
        return []
    lengths = [n / tally.n * width for n in tally.outcomes.values()]
    starts = [0.0, *accumulate(lengths)]
    return [
        rect(x + start, y, max(length - 0.8, 0.5), height, f"outcome {outcome_class(outcome)}")
        for outcome, start, length in zip(tally.outcomes, starts, lengths, strict=False)
    ]


def outcome_class(outcome: str) -> str:
    """The colour class of an outcome; one of a user's own family shares the last colour."""
    return f"o-{outcome}" if outcome in OUTCOMES else "o-other"


def _map(panel: MapPanel, row_axis: str, column_axis: str, cell: Any, alt: str) -> Markup:
    rows, left = short_names(panel.rows, MOST_LETTERS), _left(panel)
    width = (WIDTH - left) / len(panel.columns)
    columns = short_names(panel.columns, width / LETTER)
    parts: list[Any] = []
    named = zip(panel.rows, rows, panel.cells, strict=True)
    for r, (value, name, tallies) in enumerate(reversed(list(named))):
        y = TOP + 16 + r * CELL
        if value is not None:
            parts.append(text(left - 6, y + CELL / 2 + 3, name, "tick", "end"))
        for c, tally in enumerate(tallies):
            x = left + c * width
            parts.append(rect(x, y, width - 2, CELL - 2, "cell" if tally else "cell none"))
            parts += cell(x, y, width - 2, tally) if tally else []
    bottom = TOP + 16 + len(panel.rows) * CELL
    for c, (value, name) in enumerate(zip(panel.columns, columns, strict=True)):
        if value is not None:
            at = left + (c + 0.5) * width
            parts.append(text(at, bottom + 12, name, "tick", "middle"))
    parts.append(text(0, 12, row_axis, "axis-label"))
    parts.append(text((left + WIDTH) / 2, bottom + 28, column_axis, "axis-label", "middle"))
    return figure(alt, WIDTH, bottom + 34, *parts)


def _left(panel: MapPanel) -> float:
    """Room for the longest name of a row."""
    return max(LEFT, 10 + 7 * max(map(len, short_names(panel.rows, MOST_LETTERS))))


def _tallies(panel: MapPanel) -> Sequence[Tally]:
    return [tally for line in panel.cells for tally in line if tally]


def _finding(panel: MapPanel) -> str:
    parts = []
    for value, line in zip(panel.rows, panel.cells, strict=True):
        failed = sum(tally.failed for tally in line if tally)
        n = sum(tally.n for tally in line if tally)
        if n:
            parts.append(f"{value_name(value)}: {failed} of {n}")
    return f"{panel.title or 'All runs'}: failed runs by row, {'; '.join(parts)}"


def _outcomes(panel: MapPanel) -> str:
    totals: dict[str, int] = {}
    for tally in _tallies(panel):
        for outcome, n in tally.outcomes.items():
            totals[outcome] = totals.get(outcome, 0) + n
    parts = [f"{count(n, 'run')} {outcome_name(outcome)}" for outcome, n in totals.items()]
    return f"{panel.title or 'All runs'}: {', '.join(parts)}"
