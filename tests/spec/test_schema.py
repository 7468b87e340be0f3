"""The JSON Schema agrees with the loader, as far as a schema can."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml

from vistab.spec.claims import CLAIMS
from vistab.spec.families import FAMILIES
from vistab.spec.load import study_document
from vistab.spec.schema import study_schema
from vistab.spec.study import Study
from vistab.spec.targets import TARGETS

jsonschema = pytest.importorskip("jsonschema")


def errors(document: Any) -> list[str]:
    """What a schema validator says of a document."""
    validator = jsonschema.Draft202012Validator(study_schema())
    return [error.message for error in validator.iter_errors(document)]


def test_the_schema_is_a_schema() -> None:
    """It is valid by its own meta-schema, and plain JSON."""
    jsonschema.Draft202012Validator.check_schema(json.loads(json.dumps(study_schema())))


def test_valid_studies_satisfy_it(load: Callable[..., Study], valid: str) -> None:
    """As written and as resolved."""
    document = yaml.safe_load(valid.replace("e-3", ".0e-3"))
    assert errors(document) == []
    assert errors(study_document(load(valid))) == []
    document["axes"]["optimizer.learning_rate"] = {"log": [1e-4, 1e-2], "n": 5}
    document["family"] = {"kind": "my.module:Mine", "anything": 1}
    assert errors(document) == []


@pytest.mark.parametrize(
    "edit",
    [
        {"replicates:": "replicate:"},
        {"kind: ring": "kind: rink"},
        {"modes: 8": "modes: '8'"},
        {"study: small": "study: Small"},
        {"[1, 2, 5]": "[]"},
        {"expect: higher": "expect: highr"},
        {"alpha: 0.05": "alpha: 0.6"},
        {"kind: trend": "kind: trent"},
        {"target: {kind: ring, modes: 8}\n": ""},
    ],
)
def test_slips_violate_it(
    edited: Callable[[Mapping[str, str]], str], edit: Mapping[str, str]
) -> None:
    """Editors mark misspelt keys, kinds, types and bounds."""
    assert errors(yaml.safe_load(edited(edit)))


def test_every_kind_is_in_it() -> None:
    """Targets, families and claims of the literal dicts are all offered."""
    text = json.dumps(study_schema())
    for kind in (*TARGETS, *FAMILIES, *CLAIMS):
        assert f'"const": "{kind}"' in text
