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
from vistab.spec.search import SEARCHES as SEARCH_KINDS
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


SEARCHES = {
    "tpe": {
        "kind": "tpe",
        "space": {"optimizer.learning_rate": {"log": [0.001, 0.1]}, "family.batch_norm": [True]},
        "trials": 5,
    },
    "frontier": {
        "kind": "frontier",
        "along": {"optimizer.learning_rate": {"log": [0.001, 0.1]}},
    },
}


@pytest.mark.parametrize("kind", SEARCHES)
def test_searches_satisfy_it_and_slips_in_them_violate_it(kind: str) -> None:
    """Of every key, and of ranges, which have no n here."""
    document = {
        "study": "small",
        "target": {"kind": "ring"},
        "family": {"kind": "gan"},
        "search": SEARCHES[kind],
        "confirm": {"top": 1, "replicates": 4},
    }
    assert errors(document) == []
    text = json.dumps(document)
    for good, bad in (('kind": "' + kind, 'kind": "x'), ("0.1]", "0.1, 1]"), ("top", "tip")):
        assert errors(json.loads(text.replace(good, bad))) != []


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
    assert all(f'"{kind}"' in text for kind in SEARCH_KINDS)
