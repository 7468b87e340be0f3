"""Whether the two sides of a comparison differ in what the claim names, and in nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from vistab.spec.claims import ComparisonSpec, Selector
from vistab.spec.grid import Grid, in_order
from vistab.spec.problems import show
from vistab.spec.selection import ArmComparison, Side, named_paths


class Uneven(NamedTuple):
    """Why two sides cannot be compared, and what would do."""

    rule: str
    nearest: str


def uneven(
    grid: Grid, claim: ComparisonSpec, control: Selector, comparison: ArmComparison
) -> Iterator[Uneven]:
    """Whatever is wrong with the sides of one comparison, over its complete cells.

    A column that one side alone names has one value there. The other side must have one value, too:
    otherwise a mean over several values is held against a single one, and what looks like an effect
    of the treatment may be that column's.
    """
    named: dict[Side, set[str]] = {
        "treatment": set(named_paths(grid, claim.treatment)),
        "control": set(named_paths(grid, control)),
    }
    both = _rows(comparison, "treatment") & _rows(comparison, "control")
    lone = [column for column in grid.columns if column in named["treatment"] ^ named["control"]]
    if both:
        columns = " or ".join(lone)
        rule = f"selects {len(both)} of the arms that treatment selects, so runs are on both sides"
        yield Uneven(rule, f"name {columns} on both sides")
        return
    for column in lone:
        held = {side: _held(grid, comparison, side, column) for side in named}
        if any(len(values) > 1 for values in held.values()):
            yield Uneven(_told(column, held), _ways_out(column, held))


def _rows(comparison: ArmComparison, side: Side) -> set[int]:
    """The arms of one side that stand in complete cells."""
    return {
        index
        for cell in comparison.cells
        for (of_side, _), indices in cell.arms.items()
        if of_side == side
        for index in indices
    }


def _held(grid: Grid, comparison: ArmComparison, side: Side, column: str) -> tuple[Any, ...]:
    """The values of a column on one side, in order."""
    at = grid.columns.index(column)
    return in_order(grid.rows[index][at] for index in sorted(_rows(comparison, side)))


def _told(column: str, held: dict[Side, tuple[Any, ...]]) -> str:
    sides = " and ".join(f"{side} holds {_listed(values)}" for side, values in held.items())
    return f"compares sides over different values of {column}: {sides}"


def _ways_out(column: str, held: dict[Side, tuple[Any, ...]]) -> str:
    """`within`, which filters both sides, or the column named on the side that does not."""
    several, (one,) = sorted(held.values(), key=len, reverse=True)
    kept = show(one) if one in several else f"[{show(several[0])}, {show(one)}]"
    return f"write within: {{{column}: {kept}}}, or name {column} on both sides"


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(show, values))
