"""Reading the parts of a study's data into their models, noting every problem on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from vistab.spec.axes import SECTIONS
from vistab.spec.claims import CLAIMS, ClaimSpec
from vistab.spec.families import FAMILIES, FamilySpec
from vistab.spec.problems import NOTHING, Place, Problems, nearest_listed
from vistab.spec.study import BudgetSpec, OptimizerSpec, Study
from vistab.spec.targets import TARGETS, TargetSpec
from vistab.spec.validation import PLACEHOLDER, validated

Model = TypeVar("Model", bound=BaseModel)
Data = Mapping[str, Any]
Families = Mapping[str, type[FamilySpec]]
"""The spec models of users' families by their kind, `package.module:Name`."""

_PARTS = frozenset({*SECTIONS, "axes", "zip", "arms", "exclude", "search", "confirm", "claims"})


def read_sections(data: Data, families: Families, problems: Problems) -> dict[str, BaseModel]:
    """target, family, optimizer and budget; without those that cannot be saved."""
    optimizer, budget = data.get("optimizer", {}), data.get("budget", {})
    read: dict[str, BaseModel | None] = {
        "target": _of_kind(data, "target", TARGETS, problems),
        "family": _of_kind(data, "family", {**FAMILIES, **families}, problems),
        "optimizer": validated(OptimizerSpec, optimizer, ("optimizer",), problems),
        "budget": validated(BudgetSpec, budget, ("budget",), problems),
    }
    return {name: section for name, section in read.items() if section is not None}


def read_claims(data: Data, problems: Problems) -> dict[int, ClaimSpec]:
    """The claims by their index, each checked by the model of its kind."""
    claims: dict[int, ClaimSpec] = {}
    for place, raw in entries(data, "claims", problems):
        model = kind_of(raw, CLAIMS, place, problems)
        claim = None if model is None else validated(model, raw, place, problems)
        if claim is None:
            continue
        if claim.id != PLACEHOLDER and claim.id in {other.id for other in claims.values()}:
            problems.add((*place, "id"), "another claim has this id", claim.id)
        claims[int(place[1])] = claim
    return claims


def read_header(data: Data, problems: Problems) -> Study:
    """The study with its scalars and resources, and nothing else filled in."""
    parts: dict[str, Any] = {"target": TargetSpec(), "family": FamilySpec(kind=PLACEHOLDER)}
    own = {key: value for key, value in data.items() if key not in _PARTS}
    return validated(Study, own | parts, (), problems) or Study(study=PLACEHOLDER, **parts)


def entries(data: Data, key: str, problems: Problems) -> Iterator[tuple[Place, Any]]:
    """The entries of the list at `key`, each with its place."""
    raw = data.get(key, ())
    if not isinstance(raw, tuple):
        problems.add((key,), "must be a list", raw)
        return
    for index, entry in enumerate(raw):
        yield (key, index), entry


def _of_kind(
    data: Data, name: str, kinds: Mapping[str, type[Model]], problems: Problems
) -> Model | None:
    raw = data.get(name, NOTHING)
    model = kind_of(raw, kinds, (name,), problems)
    return None if model is None else validated(model, raw, (name,), problems)


def kind_of(
    raw: Any, kinds: Mapping[str, type[Model]], place: Place, problems: Problems
) -> type[Model] | None:
    """The model that `raw`'s kind names; None with the problem noted."""
    listed = ", ".join(kinds)
    if raw is NOTHING:
        problems.add(place, f"is required, with kind: one of {listed}")
    elif not is_mapping(raw):
        nearest = f"write {{kind: {raw}}}" if isinstance(raw, str) and raw in kinds else None
        problems.add(place, f"must be a mapping with kind: one of {listed}", raw, nearest)
    elif "kind" not in raw:
        problems.add((*place, "kind"), f"is required, one of {listed}")
    elif not isinstance(raw["kind"], str) or raw["kind"] not in kinds:
        rule, nearest = f"must be one of {listed}", nearest_listed(raw["kind"], kinds)
        problems.add((*place, "kind"), rule, raw["kind"], nearest)
    else:
        return kinds[raw["kind"]]
    return None


def is_mapping(raw: Any) -> bool:
    """Whether the value is a mapping."""
    return isinstance(raw, dict)
