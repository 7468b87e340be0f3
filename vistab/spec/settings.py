"""Building the settings of arms: the base values with a row's values put in.

Sub-models repeat a lot between arms, so each distinct one is built, validated and written as JSON
once; a grid of 10,000 arms costs the sum, not the product, of its sections' combinations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from vistab.spec.base import identity_of
from vistab.spec.grid import Row


def canonical(value: Any) -> str:
    """The one JSON text of plain data: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Built:
    """One section of an arm's settings and its canonical JSON."""

    model: BaseModel
    text: str


class SectionBuilder:
    """Builds one section (target, family, optimizer or budget) for rows of values."""

    def __init__(self, name: str, base: BaseModel, columns: Sequence[str]) -> None:
        self._base = base
        prefix = f"{name}."
        self._at = [at for at, column in enumerate(columns) if column.startswith(prefix)]
        self._paths = [columns[at].removeprefix(prefix).split(".") for at in self._at]
        self._built: dict[Row, Built] = {}

    def values(self, row: Row) -> Row:
        """The row's values that belong to this section."""
        return tuple(row[at] for at in self._at)

    def build(self, row: Row) -> Built:
        """The section with the row's values; ValidationError if they do not go together."""
        values = self.values(row)
        if values not in self._built:
            model = self._model(values)
            self._built[values] = Built(model, canonical(identity_of(model)))
        return self._built[values]

    def _model(self, values: Row) -> BaseModel:
        data = self._base.model_dump()
        for path, value in zip(self._paths, values, strict=True):
            _put(data, path, value)
        return type(self._base).model_validate(data)


def builders(
    sections: Mapping[str, BaseModel], columns: Sequence[str]
) -> dict[str, SectionBuilder]:
    """A builder for every section."""
    return {name: SectionBuilder(name, base, columns) for name, base in sections.items()}


def _put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value
