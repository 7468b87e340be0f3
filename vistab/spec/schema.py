"""The JSON Schema of study files, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Annotated, Any, Union

from pydantic import Field, create_model

from vistab.spec.claims import CLAIMS
from vistab.spec.families import FAMILIES
from vistab.spec.study import Study
from vistab.spec.targets import TARGETS

_VALUES = {
    "description": "The values of the axis: a list, or a range.",
    "anyOf": [
        {"type": "array", "minItems": 1},
        *(
            {
                "type": "object",
                "required": [kind, "n"],
                "additionalProperties": False,
                "properties": {
                    kind: {
                        "type": "array",
                        "items": {"type": "number"},
                        "minItems": 2,
                        "maxItems": 2,
                    },
                    "n": {"type": "integer", "minimum": 2},
                },
            }
            for kind in ("log", "linear")
        ),
    ],
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
        "claims": (tuple[_either(CLAIMS), ...], ()),  # type: ignore[misc]
    }
    file_model = create_model("StudyFile", __base__=Study, **parts)
    schema: dict[str, Any] = file_model.model_json_schema()
    properties, definitions = schema["properties"], schema["$defs"]
    properties["family"] = {"anyOf": [properties["family"], _USERS_FAMILY]}
    properties |= {"axes": _AXES, "zip": {"type": "array", "items": _AXES}}
    definitions["NamedArm"]["properties"]["axes"] = _AXES
    schema |= {"title": "vistab study", "description": "A pre-registered stability study."}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _either(models: dict[str, Any]) -> Any:
    """One of the models, told apart by `kind`."""
    if len(models) == 1:
        return next(iter(models.values()))
    return Annotated[Union[tuple(models.values())], Field(discriminator="kind")]  # noqa: UP007
