"""Which arms a study asks for: the grid, less what is excluded, plus the named arms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vistab.spec.axes import get
from vistab.spec.draft import Draft
from vistab.spec.problems import Place, Problems, is_number
from vistab.spec.search import FrontierSearch
from vistab.spec.study import NamedArm

ENUMERABLE = 1_000_000
"""Grids with more combinations than this are refused by their product alone."""

Row = tuple[Any, ...]
"""The values of one arm, one a column."""


@dataclass(frozen=True)
class Grid:
    """All arms as rows of values. `names[i]` is the name of arm i, None in the plain grid.

    `levels` holds each column's values in their order (see `in_order`), those included that only
    named arms have.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    names: tuple[str | None, ...]
    levels: Mapping[str, tuple[Any, ...]]
    arm_paths: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]


def is_numeric(values: Iterable[Any]) -> bool:
    """Whether all values are numbers, whose size gives them an order; true and false are none."""
    return all(is_number(value) for value in values)


def in_order(values: Iterable[Any]) -> tuple[Any, ...]:
    """An axis's distinct values: numbers from small to large, anything else as it comes.

    Trends, slopes, stretches and figures all go by this order.
    """
    distinct = tuple(dict.fromkeys(values))
    return tuple(sorted(distinct)) if is_numeric(distinct) else distinct


@dataclass(frozen=True)
class _Dimension:
    """Columns that move together, and their value tuples."""

    columns: tuple[str, ...]
    steps: tuple[Row, ...]


def make_grid(draft: Draft, problems: Problems) -> Grid | None:
    """The study's arms; None if they are too many to list. Problems are noted."""
    dimensions = _dimensions(draft)
    columns = _columns(draft, dimensions)
    base = tuple(base_value(draft, column) for column in columns)
    if _too_many(draft, dimensions, problems):
        return None
    rows = _excluded(draft, columns, list(_product(columns, base, dimensions)), problems)
    names: dict[Row, str | None] = dict.fromkeys(rows)
    notes = _add_named_arms(draft, columns, base, names, problems)
    if len(names) * draft.replicates > draft.max_runs:
        _refuse_size(draft, len(names), problems)
    return Grid(
        columns=columns,
        rows=tuple(names),
        names=tuple(names.values()),
        levels=_levels(columns, tuple(names), dimensions),
        arm_paths={arm.name: tuple(arm.set) for arm in draft.arms.values()},
        notes=tuple(notes),
    )


def _levels(
    columns: tuple[str, ...], rows: tuple[Row, ...], dimensions: Sequence[_Dimension]
) -> dict[str, tuple[Any, ...]]:
    """Each column's values in order; text: as the axis has it, then what only named arms have."""
    declared = {
        column: [step[at] for step in dimension.steps]
        for dimension in dimensions
        for at, column in enumerate(dimension.columns)
    }
    held = {column: dict.fromkeys(row[at] for row in rows) for at, column in enumerate(columns)}
    ordered = {
        column: [value for value in declared.get(column, ()) if value in values]
        for column, values in held.items()
    }
    return {c: in_order([*ordered[c], *values]) for c, values in held.items()}


def _dimensions(draft: Draft) -> list[_Dimension]:
    single = [_Dimension((path,), tuple((v,) for v in vs)) for path, vs in draft.axes.items() if vs]
    groups = [
        _Dimension(tuple(group), tuple(zip(*group.values(), strict=True)))
        for group in draft.zip.values()
        if group
    ]
    return single + groups


def _columns(draft: Draft, dimensions: Sequence[_Dimension]) -> tuple[str, ...]:
    swept = [column for dimension in dimensions for column in dimension.columns]
    named = [path for arm in draft.arms.values() for path in (*arm.set, *arm.axes)]
    return tuple(dict.fromkeys(swept + named))


def base_value(draft: Draft, column: str) -> Any:
    """What the study's sections say at a column's path."""
    section, _, rest = column.partition(".")
    return get(draft.sections[section], rest)


def _too_many(draft: Draft, dimensions: Sequence[_Dimension], problems: Problems) -> bool:
    """Whether the grid is refused by the product of its axes' lengths."""
    n_arms = math.prod(len(dimension.steps) for dimension in dimensions)
    n_named = sum(math.prod(map(len, arm.axes.values())) for arm in draft.arms.values())
    limit = ENUMERABLE if draft.exclude else draft.max_runs // draft.replicates
    if n_arms <= limit and n_named <= ENUMERABLE:
        return False
    _refuse_size(draft, max(n_arms, n_named), problems)
    return True


def _refuse_size(draft: Draft, n_arms: int, problems: Problems) -> None:
    n_runs = n_arms * draft.replicates
    rule = f"the grid has {n_arms:,} arms x {draft.replicates:,} replicates = {n_runs:,} runs"
    raised = f"raise max_runs to {n_runs:,} if that is meant"
    problems.add(("max_runs",), f"{rule}, more than max_runs", draft.max_runs, raised)


def _product(columns: Sequence[str], base: Row, dimensions: Sequence[_Dimension]) -> Iterator[Row]:
    """Every combination of the dimensions' steps; other columns hold their base values.

    The columns of the dimensions come first, in order, so that a row is a concatenation.
    """
    rest = base[sum(len(dimension.columns) for dimension in dimensions) :]
    for steps in itertools.product(*(dimension.steps for dimension in dimensions)):
        yield (*itertools.chain.from_iterable(steps), *rest)


def _excluded(
    draft: Draft, columns: tuple[str, ...], rows: list[Row], problems: Problems
) -> list[Row]:
    """The rows that no exclude entry matches; each entry must drop some of what is left."""
    for index, entry in draft.exclude.items():
        wanted = [(columns.index(path), value) for path, value in entry.items()]
        kept = [row for row in rows if any(row[at] != value for at, value in wanted)]
        if len(kept) == len(rows):
            rule = "drops nothing that the entries above leave of the grid"
            problems.add(("exclude", index), rule, dict(entry))
        if not kept:
            problems.add(("exclude", index), "leaves nothing of the grid", dict(entry))
            return rows
        rows = kept
    return rows


def _add_named_arms(
    draft: Draft,
    columns: tuple[str, ...],
    base: Row,
    names: dict[Row, str | None],
    problems: Problems,
) -> list[str]:
    """Put the named arms into `names`; returns a note for each that the grid already holds."""
    notes: list[str] = []
    for index, arm in draft.arms.items():
        for row in _arm_rows(arm, columns, base):
            if row not in names:
                names[row] = arm.name
            elif names[row] is None:
                names[row] = arm.name
                notes.append(f"arm {arm.name} is in the grid already: the two are one arm")
            else:
                rule = f"has the same settings as arm {names[row]}"
                problems.add(("arms", index), rule, arm.name)
                break
    return list(dict.fromkeys(notes))


def _arm_rows(arm: NamedArm, columns: tuple[str, ...], base: Row) -> Iterator[Row]:
    at = {column: position for position, column in enumerate(columns)}
    row = list(base)
    for path, value in arm.set.items():
        row[at[path]] = value
    for values in itertools.product(*arm.axes.values()):
        for path, value in zip(arm.axes, values, strict=True):
            row[at[path]] = value
        yield tuple(row)


def place_of_column(draft: Draft, column: str) -> Place:
    """Where the study file names a column first."""
    if column in draft.axes:
        return ("axes", column)
    for index, group in draft.zip.items():
        if column in group:
            return ("zip", index, column)
    for index, arm in draft.arms.items():
        for part, named in (("set", arm.set), ("axes", arm.axes)):
            if column in named:
                return ("arms", index, part, column)
    if isinstance(draft.search, FrontierSearch):
        part = "per" if column in draft.search.per else "along"
        return ("search", part, column)
    return (column,) if draft.search is None else ("search", "space", column)
