"""Reading each part of a study's data into its model, noting every problem on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from vistab.spec.axes import SECTIONS, SweepableField, sweepable_fields
from vistab.spec.base import Spec
from vistab.spec.claims import CLAIMS, ClaimSpec
from vistab.spec.families import FAMILIES, FamilySpec
from vistab.spec.problems import NOTHING, Place, Problems, nearest_of, nearest_value
from vistab.spec.study import BudgetSpec, NamedArm, OptimizerSpec, Study
from vistab.spec.targets import TARGETS
from vistab.spec.validation import validated
from vistab.spec.values import axis_values, field_value

Model = TypeVar("Model", bound=BaseModel)
Families = Mapping[str, type[FamilySpec]]
"""The spec models of users' families by their kind, `package.module:Name`."""


class Reader:
    """Reads the parts of one document; see Draft for what becomes of wrong ones."""

    def __init__(self, data: Mapping[str, Any], families: Families, problems: Problems) -> None:
        self._data, self._problems = data, problems
        self._wrong: set[str] = set()  # axis paths with problems of their own
        self._meant: set[str] = set()  # what misspelt axis paths were probably meant to be
        self.sections = self._sections(families)
        self._fields = sweepable_fields(self.sections)

    # --- sections ---

    def _sections(self, families: Families) -> dict[str, BaseModel]:
        read: dict[str, BaseModel | None] = {
            "target": self._kind("target", TARGETS),
            "family": self._kind("family", {**FAMILIES, **families}),
            "optimizer": self._section("optimizer", OptimizerSpec),
            "budget": self._section("budget", BudgetSpec),
        }
        return {name: section for name, section in read.items() if section is not None}

    def _section(self, name: str, model: type[Model]) -> Model | None:
        return validated(model, self._data.get(name, {}), (name,), self._problems)

    def _kind(self, name: str, kinds: Mapping[str, type[Model]]) -> Model | None:
        model = kind_of(self._data.get(name, NOTHING), kinds, (name,), self._problems)
        return (
            None if model is None else validated(model, self._data[name], (name,), self._problems)
        )

    # --- axes ---

    def axes(self) -> dict[str, tuple[Any, ...]]:
        """The axes of the full grid."""
        return self._axes(self._data.get("axes", {}), ("axes",))

    def zip(self) -> dict[int, dict[str, tuple[Any, ...]]]:
        """The groups of axes that move together, by their index."""
        taken = self._data.get("axes", {})
        seen = set(taken) if _is_mapping(taken) else set()
        groups: dict[int, dict[str, tuple[Any, ...]]] = {}
        for place, raw in self._entries("zip"):
            group = self._axes(raw, place, distinct=False)
            for path in group:
                if path in seen:
                    self._wrong_axis((*place, path), path, "is an axis already")
            seen |= set(group)
            if self._moves_together(group, place):
                groups[int(place[1])] = group
            else:
                self._wrong |= set(group)
        return groups

    def _moves_together(self, group: Mapping[str, tuple[Any, ...]], place: Place) -> bool:
        if self._wrong.intersection(group) or not group:
            return False
        if len({len(values) for values in group.values()}) > 1:
            lengths = ", ".join(f"{path} has {len(values)}" for path, values in group.items())
            self._problems.add(place, f"axes of a group need equally many values: {lengths}")
            return False
        steps = list(zip(*group.values(), strict=True))
        if len(set(steps)) < len(steps):
            self._problems.add(place, "the same values are repeated in this group")
            return False
        return True

    def _axes(self, raw: Any, place: Place, *, distinct: bool = True) -> dict[str, tuple[Any, ...]]:
        if not _is_mapping(raw):
            self._problems.add(place, "must map axis paths to lists of values", raw)
            return {}
        axes: dict[str, tuple[Any, ...]] = {}
        for path, values in raw.items():
            field = self._field(path, (*place, path))
            if field is not None:
                where = (*place, path)
                axes[path], valid = axis_values(
                    values, field, where, self._problems, distinct=distinct
                )
                if not valid:
                    self._wrong.add(path)
        return {path: values for path, values in axes.items() if values}

    def _field(self, path: str, place: Place) -> SweepableField | None:
        """The sweepable field that a path names; None with the problem noted."""
        if path in self._fields:
            return self._fields[path]
        self._wrong.add(path)
        section = path.partition(".")[0]
        if section in SECTIONS and section not in self.sections:
            return None  # the section's own problem is noted already
        nearest = nearest_of(path, self._fields)
        self._meant.add((nearest or "").removeprefix("nearest: "))
        inside = [known for known in self._fields if known.startswith(f"{path}.")]
        if inside:
            self._problems.add(place, "is a section, not a field", path, nearest_of(path, inside))
        elif path.endswith("kind") or path in _FIXED:
            self._problems.add(place, "cannot be swept", path, nearest)
        else:
            self._problems.add(place, "names no field that can be swept", path, nearest)
        return None

    def _wrong_axis(self, place: Place, path: str, rule: str) -> None:
        self._problems.add(place, rule, path)
        self._wrong.add(path)

    # --- named arms and exclusions ---

    def arms(self) -> dict[int, NamedArm]:
        """The named arms, by their index; their values have their fields' types."""
        arms: dict[int, NamedArm] = {}
        for place, raw in self._entries("arms"):
            if not _is_mapping(raw):
                self._problems.add(place, "must be a mapping with a name", raw)
                continue
            axes = self._axes(raw.get("axes", {}), (*place, "axes"))
            typed = {**raw, "set": self._set(raw.get("set", {}), (*place, "set")), "axes": axes}
            for path in set(typed["set"]) & set(axes):
                self._wrong_axis((*place, "axes", path), path, "is set by this arm already")
                del axes[path]
            arm = validated(NamedArm, typed, place, self._problems)
            if arm is not None:
                self._check_name(arm.name, [other.name for other in arms.values()], place)
                arms[int(place[1])] = arm
        return arms

    def _check_name(self, name: str, taken: list[str], place: Place) -> None:
        if name in taken and name != "placeholder":
            self._problems.add((*place, "name"), "another arm has this name", name)

    def _set(self, raw: Any, place: Place) -> dict[str, Any]:
        if not _is_mapping(raw):
            self._problems.add(place, "must map axis paths to values", raw)
            return {}
        typed: dict[str, Any] = {}
        for path, value in raw.items():
            field = self._field(path, (*place, path))
            if field is None:
                continue
            new, valid = field_value(value, field, (*place, path), self._problems)
            if valid:
                typed[path] = new
            else:
                self._wrong.add(path)
        return typed

    def exclude(self, grid_axes: Mapping[str, tuple[Any, ...]]) -> dict[int, dict[str, Any]]:
        """The partial assignments to drop, by their index; entries with problems are left out."""
        entries: dict[int, dict[str, Any]] = {}
        for place, raw in self._entries("exclude"):
            if not _is_mapping(raw):
                self._problems.add(place, "must map axis paths to values", raw)
                continue
            typed = {path: self._excluded(path, raw[path], place, grid_axes) for path in raw}
            if all(found for _, found in typed.values()):
                entries[int(place[1])] = {path: value for path, (value, _) in typed.items()}
        return entries

    def _excluded(
        self, path: str, raw: Any, place: Place, axes: Mapping[str, tuple[Any, ...]]
    ) -> tuple[Any, bool]:
        if path not in axes:
            if path not in self._wrong:
                rule = "names no axis of the grid"
                self._problems.add((*place, path), rule, path, nearest_of(path, axes))
            return None, False
        value, valid = field_value(raw, self._fields[path], (*place, path), self._problems)
        if valid and value not in axes[path] and path not in self._wrong:
            rule, nearest = "drops nothing: the axis lacks this value", nearest_value(raw, axes[path])
            self._problems.add((*place, path), rule, raw, nearest)
            return None, False
        return value, valid

    # --- claims and the rest ---

    def unsure(self, columns: Iterable[str]) -> frozenset[str]:
        """Paths not to be checked any further: wrong ones, and what they were meant to be."""
        return frozenset(self._wrong | (self._meant - set(columns)))

    def claims(self) -> dict[int, ClaimSpec]:
        """The claims by their index, each checked by the model of its kind."""
        claims: dict[int, ClaimSpec] = {}
        for place, raw in self._entries("claims"):
            model = kind_of(raw, CLAIMS, place, self._problems)
            claim = None if model is None else validated(model, raw, place, self._problems)
            if claim is None:
                continue
            if claim.id in {other.id for other in claims.values()} and claim.id != "placeholder":
                self._problems.add((*place, "id"), "another claim has this id", claim.id)
            claims[int(place[1])] = claim
        return claims

    def header(self) -> Study:
        """The study with its scalars and resources, and nothing else filled in."""
        parts: dict[str, Any] = {"target": Spec(), "family": FamilySpec(kind="none")}
        own = {key: value for key, value in self._data.items() if key not in _PARTS}
        return validated(Study, own | parts, (), self._problems) or Study(study="none", **parts)

    def _entries(self, key: str) -> Iterator[tuple[Place, Any]]:
        raw = self._data.get(key, ())
        if not isinstance(raw, tuple):
            self._problems.add((key,), "must be a list", raw)
            return
        for index, entry in enumerate(raw):
            yield (key, index), entry


_PARTS = frozenset({*SECTIONS, "axes", "zip", "arms", "exclude", "claims"})
_FIXED = frozenset(
    {"replicates", "seed", "budget.rounds", "budget.snapshots", "budget.snapshot_samples"}
)


def kind_of(
    raw: Any, kinds: Mapping[str, type[Model]], place: Place, problems: Problems
) -> type[Model] | None:
    """The model that `raw`'s kind names; None with the problem noted."""
    listed = ", ".join(kinds)
    if raw is NOTHING:
        problems.add(place, f"is required, with kind: one of {listed}")
    elif not _is_mapping(raw):
        problems.add(place, f"must be a mapping with kind: one of {listed}", raw)
    elif "kind" not in raw:
        problems.add((*place, "kind"), f"is required, one of {listed}")
    elif not isinstance(raw["kind"], str) or raw["kind"] not in kinds:
        rule, nearest = f"must be one of {listed}", nearest_of(raw["kind"], kinds)
        problems.add((*place, "kind"), rule, raw["kind"], nearest)
    else:
        return kinds[raw["kind"]]
    return None


def _is_mapping(raw: Any) -> bool:
    return isinstance(raw, dict)
