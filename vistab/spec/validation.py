"""Checking one part of a study against its spec model, then going on with what can be saved.

A part with problems is repaired (the wrong keys are dropped, so that their defaults hold) to let
the later stages find their problems too. A repaired part is never trained: its problems are noted.
"""

from __future__ import annotations

import typing
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from vistab.spec import wording
from vistab.spec.problems import NOTHING, Place, Problems

PLACEHOLDER = "placeholder"
"""Stands for a required text that is missing or wrong, for as long as checking goes on."""

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], raw: Any, place: Place, problems: Problems) -> Model | None:
    """`raw` as a `model`, repaired if need be; None if it cannot be. Problems are noted."""
    if not isinstance(raw, dict):
        problems.add(place, "must be a mapping (key: value)", raw)
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        complaints = error.errors(include_url=False)
        _note(model, raw, complaints, place, problems)
    try:
        return model.model_validate(_repaired(model, raw, complaints))
    except ValidationError:
        return None


def _note(
    model: type[BaseModel], raw: Any, complaints: list[Any], place: Place, problems: Problems
) -> None:
    """Note each complaint; those at one place are the alternatives of one union."""
    by_place: dict[Place, list[Any]] = {}
    for complaint in complaints:
        if complaint["type"] != "default_factory_not_called":  # its cause is noted anyway
            by_place.setdefault(_place(complaint, raw), []).append(complaint)
    for inner, group in by_place.items():
        where = (*place, *inner)
        if group[0]["type"] == "extra_forbidden":
            value, nearest = group[0]["input"], wording.unknown_key(model, inner)
            problems.add(where, "unknown key", value, nearest)
        else:
            value = NOTHING if group[0]["type"] == "missing" else _at(raw, inner, group[0])
            problems.add(where, wording.rule(group), value, wording.nearest(group))


def _place(complaint: Any, raw: Any) -> Place:
    """Where in `raw` a complaint points: pydantic also names the alternatives of unions."""
    inner: list[str | int] = []
    last = complaint["loc"][-1] if complaint["loc"] else None
    for key in complaint["loc"]:
        if _has(raw, key):
            inner.append(key)
            raw = raw[key]
        elif key == last and complaint["type"] == "missing":
            inner.append(key)
    return (*inner, "kind") if complaint["type"] == "union_tag_invalid" else tuple(inner)


def _has(raw: Any, key: str | int) -> bool:
    if isinstance(raw, dict):
        return key in raw
    return isinstance(raw, tuple) and isinstance(key, int) and key < len(raw)


def _at(raw: Any, inner: Place, complaint: Any) -> Any:
    for key in inner:
        raw = raw[key]
    return raw if inner else complaint["input"]


def _repaired(model: type[BaseModel], raw: dict[str, Any], complaints: list[Any]) -> dict[str, Any]:
    """`raw` without the keys complained of, and with placeholders for the required ones."""
    for complaint in complaints:
        raw = _without(raw, _place(complaint, raw))
    missing = [key for key, field in model.model_fields.items() if field.is_required()]
    fill = {key: _placeholder(model.model_fields[key].annotation) for key in missing}
    return {key: value for key, value in fill.items() if value is not None} | raw


def _without(raw: Any, place: Place) -> Any:
    """`raw` without the innermost dict key on the way to `place`."""
    if not place or not isinstance(raw, dict) or place[0] not in raw:
        return raw
    key, inner = place[0], raw[place[0]]
    rest = {other: value for other, value in raw.items() if other != key}
    if len(place) > 1 and isinstance(inner, dict):
        return {**rest, key: _without(inner, place[1:])}
    return rest


def _placeholder(annotation: Any) -> Any:
    """Any admissible value of a required field, for as long as checking goes on."""
    if typing.get_origin(annotation) is typing.Literal:
        return typing.get_args(annotation)[0]
    return PLACEHOLDER if annotation is str else None
