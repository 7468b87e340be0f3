"""The values of one axis: a list, or a range written `{log: [lo, hi], n: k}`."""

from __future__ import annotations

import math
from typing import Any

from pydantic import ValidationError

from vistab.spec import wording
from vistab.spec.axes import SweepableField
from vistab.spec.problems import NOTHING, Place, Problems, is_number, nearest_of, nearest_value

MAX_RANGE = 100_000
"""The largest n of a range."""

_RANGE_KEYS = ("log", "linear", "n")


def axis_values(
    raw: Any, field: SweepableField, place: Place, problems: Problems, *, distinct: bool = True
) -> tuple[tuple[Any, ...], bool]:
    """(the admissible values, each of the field's own type; whether all were admissible).

    Problems are noted. With `distinct` repeated values are too, and count once.
    """
    if isinstance(raw, dict):
        raw = _range(raw, whole=field.is_whole, place=place, problems=problems)
        places = [place] * len(raw)
    elif not isinstance(raw, tuple) or not raw:
        rule = "must be a list of at least one value, or a range such as {log: [1e-4, 1e-2], n: 5}"
        problems.add(place, rule, raw)
        return (), False
    else:
        places = [(*place, index) for index in range(len(raw))]
    kept: list[Any] = []
    seen: set[Any] = set()
    all_valid = bool(raw)
    for item, where in zip(raw, places, strict=True):
        value, valid = field_value(item, field, where, problems)
        all_valid &= valid
        if not valid and where == place:  # of a range the first wrong value says it all
            return (), False
        if valid and distinct and value in seen:
            problems.add(where, "value is repeated in this axis", item)
        elif valid:
            seen.add(value)
            kept.append(value)
    return tuple(kept), all_valid


def field_value(
    raw: Any, field: SweepableField, place: Place, problems: Problems
) -> tuple[Any, bool]:
    """(the value in the field's own type, True), or (None, False) with the problem noted."""
    try:
        value = field.adapter.validate_python(raw)
        hash(value)
    except ValidationError as error:
        complaints: list[Any] = list(error.errors(include_url=False))
        rule = f"{wording.rule(complaints)} ({field.path})"
        problems.add(place, rule, raw, wording.nearest(complaints))
        return None, False
    except TypeError:
        problems.add(place, f"{field.path} takes values that no axis can hold", raw)
        return None, False
    return value, True


def _range(
    raw: dict[str, Any], *, whole: bool, place: Place, problems: Problems
) -> tuple[Any, ...]:
    """The values of a range; () if it is not one, with the problem noted."""
    unknown = [key for key in raw if key not in _RANGE_KEYS]
    for key in unknown:
        problems.add((*place, key), "unknown key of a range", key, nearest_of(key, _RANGE_KEYS))
    kinds = [key for key in raw if key in ("log", "linear")]
    if not kinds and unknown:
        return ()
    if len(kinds) != 1:
        problems.add(place, "a range has exactly one of log and linear", raw)
        return ()
    valid = ends_valid(kinds[0], raw[kinds[0]], (*place, kinds[0]), problems)
    n = _length(raw.get("n", NOTHING), (*place, "n"), problems)
    if n is None or not valid:
        return ()
    low, high = raw[kinds[0]]
    values = _spaced(kinds[0], low, high, n=n)
    distinct = tuple(dict.fromkeys(round(value) if whole else value for value in values))
    if len(distinct) < n:
        problems.add(place, "the values of a range must stay distinct", raw, "take a smaller n")
    return distinct


def _length(n: Any, place: Place, problems: Problems) -> int | None:
    if isinstance(n, int) and not isinstance(n, bool) and 2 <= n <= MAX_RANGE:
        return n
    rule = f"a whole number from 2 to {MAX_RANGE:,}"
    if n is NOTHING:
        problems.add(place, f"is required, {rule}")
    else:
        nearest = nearest_value(n, (2, MAX_RANGE)) if is_number(n) else None
        problems.add(place, f"must be {rule}", n, nearest)
    return None


def ends_valid(kind: str, ends: Any, place: Place, problems: Problems) -> bool:
    """Whether a range's ends are two numbers fit for its scale; notes it if not."""
    if not isinstance(ends, tuple) or len(ends) != 2 or not all(map(is_number, ends)):
        problems.add(place, "must be two numbers, [low, high]", ends)
        return False
    if kind == "log" and min(ends) <= 0:
        problems.add(place, "a log range needs two numbers above 0", ends)
        return False
    return True


def _spaced(kind: str, low: float, high: float, *, n: int) -> tuple[float, ...]:
    """n evenly spaced values, the ends included, in 12 digits so that claims can name them."""
    if kind == "log":
        start, step = math.log(low), (math.log(high) - math.log(low)) / (n - 1)
        inner = [math.exp(start + step * index) for index in range(1, n - 1)]
    else:
        step = high / (n - 1) - low / (n - 1)
        inner = [low + step * index for index in range(1, n - 1)]
    return (float(low), *(float(f"{value:.12g}") for value in inner), float(high))
