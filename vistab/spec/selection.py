"""Which arms a claim compares, and in which cells: everything about a claim but its replicates.

A cell is one value of every column that no side of the claim names. Only complete cells count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vistab.spec.claims import (
    ClaimSpec,
    ComparisonSpec,
    IdenticalClaim,
    InteractionClaim,
    Selector,
    StableRegionClaim,
    TrendClaim,
)
from vistab.spec.grid import Grid
from vistab.spec.problems import show

Side = Literal["treatment", "control", "arms"]
Slot = tuple[Side, Any]
"""A side and, for kinds with levels, one value of the axis; None otherwise."""


@dataclass(frozen=True)
class ArmCell:
    """One complete cell: the indices into the grid's rows that fill each slot."""

    key: tuple[Any, ...]
    arms: Mapping[Slot, tuple[int, ...]]


@dataclass(frozen=True)
class ArmComparison:
    """What a claim compares against one control. `columns` names what a cell's key holds."""

    label: str
    columns: tuple[str, ...]
    sides: tuple[Side, ...]
    levels: tuple[Any, ...]
    cells: tuple[ArmCell, ...]
    left_out: int


def controls(claim: ClaimSpec) -> tuple[Selector, ...]:
    """The claim's control selectors; () for kinds without."""
    if not isinstance(claim, ComparisonSpec):
        return ()
    return claim.control if isinstance(claim.control, tuple) else (claim.control,)


def level_axis(claim: ClaimSpec) -> str | None:
    """The axis whose values are the claim's levels."""
    if isinstance(claim, TrendClaim | StableRegionClaim):
        return claim.along
    if isinstance(claim, IdenticalClaim):
        return claim.vary
    if isinstance(claim, InteractionClaim):
        return claim.along or next(iter(claim.across or {}), None)
    return None


def selected(grid: Grid, selector: Selector, within: Mapping[str, Any]) -> tuple[int, ...]:
    """The arms (indices of rows) that a selector and the claim's `within` both take."""
    wanted = [(grid.columns.index(path), values) for path, values in allowed(within).items()]
    name = selector.get("arm")
    if name is None:
        wanted += [(grid.columns.index(path), (value,)) for path, value in selector.items()]
    return tuple(
        index
        for index, row in enumerate(grid.rows)
        if (name is None or grid.names[index] == name)
        and all(row[at] in values for at, values in wanted)
    )


def allowed(within: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """`within` with a tuple of values for every axis."""
    return {path: value if isinstance(value, tuple) else (value,) for path, value in within.items()}


def named_paths(grid: Grid, selector: Selector) -> tuple[str, ...]:
    """The columns that a selector names; `{arm: NAME}` names those of the arm's `set`."""
    return grid.arm_paths[selector["arm"]] if "arm" in selector else tuple(selector)


def label_of(selector: Selector) -> str:
    """A selector in words: the arm's name, or its dotted paths and their values."""
    if "arm" in selector:
        return str(selector["arm"])
    return ", ".join(f"{path} = {show(value)}" for path, value in selector.items()) or "all arms"


def compare(grid: Grid, claim: ClaimSpec) -> tuple[ArmComparison, ...]:
    """The claim's comparisons: one per control, or one for kinds without."""
    if not isinstance(claim, ComparisonSpec):
        selector = claim.arms if isinstance(claim, TrendClaim) else {}
        return (_comparison(grid, claim, {"arms": selector}, label_of(selector)),)
    return tuple(
        _comparison(
            grid, claim, {"treatment": claim.treatment, "control": control}, label_of(control)
        )
        for control in controls(claim)
    )


def _comparison(
    grid: Grid, claim: ClaimSpec, sides: Mapping[Side, Selector], label: str
) -> ArmComparison:
    axis = level_axis(claim)
    arms = {side: selected(grid, selector, claim.within) for side, selector in sides.items()}
    levels = _levels(grid, claim, axis, arms.values())
    columns = _key_columns(grid, claim, axis, sides.values())
    filled = _fill(grid, columns, axis, levels, arms)
    slots = [(side, level) for side in sides for level in levels]
    needed = 2 if isinstance(claim, IdenticalClaim) else len(slots)
    cells = tuple(
        ArmCell(key, {slot: tuple(by_slot[slot]) for slot in slots if slot in by_slot})
        for key, by_slot in filled.items()
        if len(by_slot) >= needed
    )
    return ArmComparison(
        label, columns, tuple(sides), levels, cells, left_out=len(filled) - len(cells)
    )


def _levels(
    grid: Grid, claim: ClaimSpec, axis: str | None, arms: Iterable[Sequence[int]]
) -> tuple[Any, ...]:
    """The claim's levels: a and b of `across`, or the axis's values among the selected arms."""
    if axis is None:
        return (None,)
    if isinstance(claim, InteractionClaim) and claim.across:
        return claim.across[axis]
    at = grid.columns.index(axis)
    held = {grid.rows[index][at] for side in arms for index in side}
    return tuple(level for level in grid.levels[axis] if level in held)


def _key_columns(
    grid: Grid, claim: ClaimSpec, axis: str | None, selectors: Iterable[Selector]
) -> tuple[str, ...]:
    named = {path for selector in selectors for path in named_paths(grid, selector)} | {axis}
    return tuple(column for column in grid.columns if column not in named)


def _fill(
    grid: Grid,
    columns: Sequence[str],
    axis: str | None,
    levels: tuple[Any, ...],
    arms: Mapping[Side, Sequence[int]],
) -> dict[tuple[Any, ...], dict[Slot, list[int]]]:
    """Every selected arm, by cell key and slot."""
    filled: dict[tuple[Any, ...], dict[Slot, list[int]]] = {}
    at = [grid.columns.index(column) for column in columns]
    for index, slot in _slots(grid, axis, levels, arms):
        row = grid.rows[index]
        key = tuple(row[position] for position in at)
        filled.setdefault(key, {}).setdefault(slot, []).append(index)
    return filled


def _slots(
    grid: Grid, axis: str | None, levels: tuple[Any, ...], arms: Mapping[Side, Sequence[int]]
) -> Iterator[tuple[int, Slot]]:
    at = grid.columns.index(axis) if axis is not None else None
    for side, indices in arms.items():
        for index in indices:
            level = grid.rows[index][at] if at is not None else None
            if level in levels:
                yield index, (side, level)
