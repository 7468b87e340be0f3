"""The cells in which a claim compares runs: complete ones only, one replicate each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vistab.plan.model import Plan, column_value
from vistab.spec.claims import ClaimSpec, Value
from vistab.spec.grid import Grid, is_numeric
from vistab.spec.problems import show
from vistab.spec.selection import ArmCell, ArmComparison, Side, compare, level_axis

Slot = tuple[Side, Value | None]
"""A side and a level; the level is None for kinds without levels."""


@dataclass(frozen=True)
class Cell:
    """One replicate x one value of every column that no side names.

    `runs` maps each slot to the ids of its runs: one, for the sides of a claim are even.
    """

    replicate: int
    key: tuple[Value, ...]
    runs: Mapping[Slot, tuple[str, ...]]


@dataclass(frozen=True)
class Comparison:
    """What a claim compares against one control (or at all, for kinds without control).

    columns: what `key` of a cell holds. levels: the values of the axis that the claim runs along,
    numbers from small to large; (None,) for kinds without. left_out: cells that miss a side or a
    level. Cells of an identical claim hold at least two levels, cells of other kinds all slots.
    """

    label: str
    columns: tuple[str, ...]
    sides: tuple[Side, ...]
    levels: tuple[Value | None, ...]
    cells: tuple[Cell, ...]
    left_out: int


def comparisons(plan: Plan, claim: ClaimSpec) -> tuple[Comparison, ...]:
    """The claim's comparisons: one per control, in order; one for trend and identical."""
    compared = compare(plan.grid, claim)
    return tuple(_with_replicates(plan, comparison) for comparison in compared)


def order_notes(grid: Grid, claims: Sequence[ClaimSpec]) -> tuple[str, ...]:
    """A line for every claim along values that are no numbers: their order is the study file's."""
    along = [claim for claim in claims if getattr(claim, "along", None) is not None]
    orders = [(claim, compare(grid, claim)[0].levels) for claim in along]
    return tuple(
        f"{claim.id} runs along {level_axis(claim)} in this order: {', '.join(map(show, levels))}"
        for claim, levels in orders
        if not is_numeric(levels)
    )


def _with_replicates(plan: Plan, comparison: ArmComparison) -> Comparison:
    cells = (
        _cell(plan, cell, replicate)
        for replicate in range(plan.study.replicates)
        for cell in comparison.cells
    )
    return Comparison(
        label=comparison.label,
        columns=comparison.columns,
        sides=comparison.sides,
        levels=tuple(_level(level) for level in comparison.levels),
        cells=tuple(cells),
        left_out=comparison.left_out * plan.study.replicates,
    )


def _cell(plan: Plan, cell: ArmCell, replicate: int) -> Cell:
    runs = {
        (side, _level(level)): tuple(plan.run_of(arm, replicate).run_id for arm in arms)
        for (side, level), arms in cell.arms.items()
    }
    return Cell(replicate, tuple(column_value(value) for value in cell.key), runs)


def _level(level: object) -> Value | None:
    return None if level is None else column_value(level)
