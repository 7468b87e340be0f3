"""Which runs a claim compares, as docs/study_file.md and docs/claims.md say it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Slots = dict[tuple[str, Any], list[Row]]


def columns_of(study: Mapping[str, Any]) -> list[str]:
    """Every path that an axis or a named arm sets."""
    arms = study.get("arms", ())
    paths = [study.get("axes", {}), *(a["set"] for a in arms), *(a.get("axes", {}) for a in arms)]
    return list(dict.fromkeys(itertools.chain(*paths)))


def base_value(study: Mapping[str, Any], path: str) -> Any:
    """What the study says of a path outside of its axes."""
    found: Any = study
    for key in path.split("."):
        found = found[key]
    return found


def arms_of(study: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    """Every assignment of the columns: the grid less what is excluded, and the named arms."""
    base = {path: base_value(study, path) for path in columns_of(study)}
    grid = [
        cell
        for cell in product(study.get("axes", {}))
        if not any(set(out.items()) <= set(cell.items()) for out in study.get("exclude", ()))
    ]
    named = [
        {**arm["set"], **cell}
        for arm in study.get("arms", ())
        for cell in product(arm.get("axes", {}))
    ]
    return {tuple({**base, **arm}.values()) for arm in (*grid, *named)}


def product(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the axes' values."""
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def takes(row: Row, selector: Mapping[str, Any], within: Mapping[str, Any]) -> bool:
    """Does a side of a claim take this run?"""
    if "arm" in selector:
        taken = row["arm"] == selector["arm"]
    else:
        taken = all(row[path] == value for path, value in selector.items())
    allowed = {p: v if isinstance(v, list) else [v] for p, v in within.items()}
    return taken and all(row[path] in values for path, values in allowed.items())


def names(study: Mapping[str, Any], selector: Mapping[str, Any]) -> set[str]:
    """The columns that a side names."""
    if "arm" not in selector:
        return set(selector)
    return {path for arm in study["arms"] if arm["name"] == selector["arm"] for path in arm["set"]}


@dataclass(frozen=True)
class Compared:
    """Complete cells by (replicate, values of the free columns), and how many are not."""

    cells: dict[tuple[Any, ...], Slots]
    n_left_out: int
    levels: list[Any]


def compared(
    study: Mapping[str, Any],
    claim: Mapping[str, Any],
    sides: Mapping[str, Any],
    rows: Sequence[Row],
) -> Compared:
    """Cells of a claim's sides: a side (or each level of it) needs a run in each."""
    axis = claim.get("along") or next(iter(claim.get("across", ())), None)
    within = claim.get("within", {})
    taken = [
        (s, row) for s, selector in sides.items() for row in rows if takes(row, selector, within)
    ]
    levels = [None]
    if "across" in claim:
        levels = claim["across"][axis]
    elif axis:
        levels = in_order(study, axis, {row[axis] for _, row in taken})
    free = [
        c
        for c in columns_of(study)
        if c not in {axis}.union(*(names(study, s) for s in sides.values()))
    ]
    cells: dict[tuple[Any, ...], Slots] = defaultdict(lambda: defaultdict(list))
    for side, row in taken:
        level = row[axis] if axis else None
        if level in levels:
            key = (row["replicate"], *(row[c] for c in free))
            cells[key][side, level].append(row)
    whole = {key: slots for key, slots in cells.items() if len(slots) == len(sides) * len(levels)}
    return Compared(whole, len(cells) - len(whole), levels)


def in_order(study: Mapping[str, Any], axis: str, held: set[Any]) -> list[Any]:
    """Numbers from small to large; others as the file lists them, named arms' own last."""
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in held):
        return sorted(held)
    arms = study.get("arms", ())
    listed = [
        *study.get("axes", {}).get(axis, ()),
        *([] if axis in study.get("axes", {}) else [base_value(study, axis)]),
        *(arm["set"][axis] for arm in arms if axis in arm["set"]),
        *itertools.chain(*(arm.get("axes", {}).get(axis, ()) for arm in arms)),
    ]
    return [value for value in dict.fromkeys(listed) if value in held]
