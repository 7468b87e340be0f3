"""The base of every spec model, and the mark that says whether a field stacks in a pack."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

NAME = r"^[a-z0-9][a-z0-9_-]*$"
CLAIM_ID = r"^[A-Za-z0-9_.-]+$"
FORMS = {
    NAME: "small letters, digits, _ and -, beginning with a letter or digit",
    CLAIM_ID: "letters, digits, _, . and -",
}
"""What these patterns ask for, in words."""


def frozen(value: Any) -> Any:
    """The same value with every list in it turned into a tuple."""
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    return value


class Spec(BaseModel):
    """Frozen; refuses unknown keys, NaN, infinity, text for numbers and booleans for integers.

    An integer may stand for a float, a list for a tuple. Defaults live in spec/ and nowhere else.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, data: Any) -> Any:
        return frozen(data)


AnySpec = TypeVar("AnySpec", bound=BaseModel)


@dataclass(frozen=True)
class Stacks:
    """Mark (`Annotated[float, STACKS]`) of a field whose value may differ within one pack.

    A field without the mark changes the program that a pack runs, so it splits packs.
    """


STACKS = Stacks()


@dataclass(frozen=True)
class Place:
    """Mark (`Annotated[str, PLACE]`) of a path on this machine: where something is, not what it is.

    A field with the mark is no axis and no part of a study's identity. It is written relative to
    the study file, and absolute once the study is loaded.
    """


PLACE = Place()


def places(model: BaseModel) -> set[str]:
    """The fields of a model that are places."""
    fields = type(model).model_fields.items()
    return {name for name, info in fields if any(isinstance(m, Place) for m in info.metadata)}


def identity_of(model: BaseModel) -> dict[str, Any]:
    """The model as plain data without its places: equal on every machine."""
    return model.model_dump(mode="json", exclude=places(model))


def found_from(model: AnySpec, folder: Path) -> AnySpec:
    """The model with its places made absolute, seen from `folder`; `~` is the user's home."""
    given = {name: value for name in places(model) if (value := getattr(model, name)) is not None}
    found = {name: os.path.abspath(folder / Path(v).expanduser()) for name, v in given.items()}
    return model.model_copy(update=found)
