"""The JSON Schema of study files, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Annotated, Any, Union

from pydantic import Field, create_model

from vistab.spec.claims import CLAIMS
from vistab.spec.families import FAMILIES
from vistab.spec.search import SEARCHES
from vistab.spec.study import Study
from vistab.spec.targets import TARGETS

_LIST = {"type": "array", "minItems": 1}


def _range(kind: str, more: dict[str, Any]) -> dict[str, Any]:
    """A range from a low to a high number; `more` holds its further keys, all required."""
    ends = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    return {
        "type": "object",
        "required": [kind, *more],
        "additionalProperties": False,
        "properties": {kind: ends, **more},
    }


_N = {"n": {"type": "integer", "minimum": 2}}
_VALUES = {
    "description": "The values of the axis: a list, or a range.",
    "anyOf": [_LIST, *(_range(kind, _N) for kind in ("log", "linear"))],
}
_SPACE = {
    "type": "object",
    "additionalProperties": {
        "description": "What to choose from: a list, or a range without n.",
        "anyOf": [_LIST, *(_range(kind, {}) for kind in ("log", "linear"))],
    },
}
_AXES = {"type": "object", "additionalProperties": _VALUES}
_USERS_FAMILY = {
    "description": "A family of the user's own: `kind` is package.module:Name.",
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string", "pattern": "^[^:]+:[^:]+$"}},
}


def study_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a study file with the shipped targets and families."""
    parts: dict[str, Any] = {
        "target": (_either(TARGETS), ...),
        "family": (_either(FAMILIES), ...),
        "search": (_either(SEARCHES) | None, None),
        "claims": (tuple[_either(CLAIMS), ...], ()),  # type: ignore[misc]
    }
    file_model = create_model("StudyFile", __base__=Study, **parts)
    schema: dict[str, Any] = file_model.model_json_schema()
    properties, definitions = schema["properties"], schema["$defs"]
    properties["family"] = {"anyOf": [properties["family"], _USERS_FAMILY]}
    properties |= {"axes": _AXES, "zip": {"type": "array", "items": _AXES}}
    definitions["NamedArm"]["properties"]["axes"] = _AXES
    definitions["SamplerSearch"]["properties"]["space"] = _SPACE
    definitions["FrontierSearch"]["properties"] |= {"along": _SPACE, "per": _SPACE}
    schema |= {"title": "vistab study", "description": "A pre-registered stability study."}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _either(models: dict[str, Any]) -> Any:
    """One of the models, told apart by `kind`."""
    distinct = tuple(dict.fromkeys(models.values()))
    if len(distinct) == 1:
        return distinct[0]
    return Annotated[Union[distinct], Field(discriminator="kind")]  # noqa: UP007
