"""The fields that an axis may sweep: their dotted paths, types, and whether they stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.fields import FieldInfo

from vistab.spec.base import Stacks, places
from vistab.spec.study import Settings, Study

SECTIONS = ("target", "family", "optimizer", "budget")
"""The parts of a study that make up a run's settings."""

_SWEPT_OF_BUDGET = frozenset({"budget.batch_size"})


@dataclass(frozen=True)
class SweepableField:
    """One field that axes may name. `stacks`: its value may differ within one pack."""

    path: str
    info: FieldInfo

    @property
    def stacks(self) -> bool:
        """Whether runs that differ in this field can share a pack."""
        return any(isinstance(mark, Stacks) for mark in self.info.metadata)

    @property
    def is_whole(self) -> bool:
        """Whether the field takes whole numbers only."""
        return self.info.annotation is int

    @property
    def is_list(self) -> bool:
        """Whether one value of the field is itself a list."""
        return "tuple[" in str(self.info.annotation)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Checks one value of this field: its type and its bounds."""
        marks = tuple(self.info.metadata)
        checked: Any = Annotated[(self.info.annotation, *marks)] if marks else self.info.annotation
        return TypeAdapter(checked, config=ConfigDict(strict=True, allow_inf_nan=False))


def sweepable_fields(sections: Mapping[str, BaseModel]) -> dict[str, SweepableField]:
    """Every sweepable field of the given sections, by dotted path, in the models' order."""
    names = [name for name in SECTIONS if name in sections]
    return {field.path: field for name in names for field in _walk(name, sections[name])}


def sections_of(settings: Settings | Study) -> dict[str, BaseModel]:
    """The settings' parts by name."""
    return {name: getattr(settings, name) for name in SECTIONS}


def get(settings: BaseModel, path: str) -> Any:
    """The value at a dotted path; AttributeError if there is none."""
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _walk(prefix: str, model: BaseModel) -> Iterator[SweepableField]:
    fixed = {"kind", *places(model)}
    for name, info in type(model).model_fields.items():
        path, value = f"{prefix}.{name}", getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _walk(path, value)
        elif name not in fixed and (prefix != "budget" or path in _SWEPT_OF_BUDGET):
            yield SweepableField(path, info)
