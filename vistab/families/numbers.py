"""The numbers of a family's section that may differ within a pack: its fields marked STACKS."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from vistab.spec.axes import get, sweepable_fields
from vistab.spec.families import FamilySpec

_SECTION = "family."
M = TypeVar("M", bound=BaseModel)


def numbers_of(spec: FamilySpec) -> dict[str, float]:
    """What losses find in `numbers` beside `round`: by path within the section, as in the study.

    TypeError if a field with the mark holds no number.
    """
    return {name: _number(name, get(spec, name)) for name in names_of(spec)}


def names_of(spec: FamilySpec) -> tuple[str, ...]:
    """The paths of the section's stacking fields, such as `regularizer.weight`."""
    fields = sweepable_fields({"family": spec}).values()
    return tuple(field.path.removeprefix(_SECTION) for field in fields if field.stacks)


def without_numbers(spec: M, names: tuple[str, ...]) -> M:
    """A copy of the section that lacks these fields: reading one raises AttributeError.

    What builds the program of a whole pack is handed such a copy, for a number that it read would
    be the first run's, and silently that of all.
    """
    own = {name for name in names if "." not in name}
    below = {name.split(".")[0] for name in names} - own
    parts = {part: without_numbers(getattr(spec, part), _within(part, names)) for part in below}
    copy = spec.model_copy(update=parts)
    for name in own:
        del copy.__dict__[name]
    return copy


def _within(part: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.removeprefix(f"{part}.") for name in names if name.startswith(f"{part}."))


def _number(name: str, value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is marked STACKS, so it must be a number, {value!r} got")
    return float(value)
