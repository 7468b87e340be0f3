"""Reading what names axes: the axes themselves, zip groups, named arms and exclusions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from vistab.spec.axes import SECTIONS, SweepableField, sweepable_fields
from vistab.spec.families import FamilySpec
from vistab.spec.problems import Place, Problems, nearest_of, nearest_value, similar
from vistab.spec.reading import entries, is_mapping
from vistab.spec.study import NamedArm
from vistab.spec.validation import PLACEHOLDER, validated
from vistab.spec.values import axis_values, field_value

_FIXED = frozenset(
    {"replicates", "seed", "budget.rounds", "budget.snapshots", "budget.snapshot_samples"}
)


class AxisReader:
    """Reads one document's axes, given its sections; see Draft for what becomes of wrong ones."""

    def __init__(
        self, data: Mapping[str, Any], sections: Mapping[str, BaseModel], problems: Problems
    ) -> None:
        self._data, self._sections, self._problems = data, sections, problems
        self._fields = sweepable_fields(sections)
        self._wrong: set[str] = set()  # axis paths and arm names with problems of their own
        self._meant: set[str] = set()  # what misspelt axis paths were probably meant to be

    def unsure(self, columns: Iterable[str]) -> frozenset[str]:
        """Paths not to be checked any further: wrong ones, and what they were meant to be."""
        return frozenset(self._wrong | (self._meant - set(columns)))

    def axes(self) -> dict[str, tuple[Any, ...]]:
        """The axes of the full grid."""
        return self._axes(self._data.get("axes", {}), ("axes",))

    def zip(self) -> dict[int, dict[str, tuple[Any, ...]]]:
        """The groups of axes that move together, by their index."""
        taken = self._data.get("axes", {})
        seen = set(taken) if is_mapping(taken) else set()
        groups: dict[int, dict[str, tuple[Any, ...]]] = {}
        for place, raw in entries(self._data, "zip", self._problems):
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
        if not is_mapping(raw):
            self._problems.add(place, "must map axis paths to lists of values", raw)
            return {}
        axes: dict[str, tuple[Any, ...]] = {}
        for path, values in raw.items():
            field = self.field(path, (*place, path))
            if field is not None:
                where = (*place, path)
                axes[path], valid = axis_values(
                    values, field, where, self._problems, distinct=distinct
                )
                if not valid:
                    self._wrong.add(path)
        return {path: values for path, values in axes.items() if values}

    def field(self, path: str, place: Place) -> SweepableField | None:
        """The sweepable field that a path names; None with the problem noted."""
        if path in self._fields and not self._is_unused(path):
            return self._fields[path]
        self._wrong.add(path)
        section = path.partition(".")[0]
        if section in SECTIONS and section not in self._sections:
            return None  # the section's own problem is noted already
        self._meant |= {similar(path, self._fields) or path}
        inside = [known for known in self._fields if known.startswith(f"{path}.")]
        if inside:
            self._problems.add(place, "is a section, not a field", path, nearest_of(path, inside))
        elif path in self._fields:
            self._problems.add(place, "names a field that this family does not use", path)
        elif path.rpartition(".")[2] == "kind" or path in _FIXED:
            self._problems.add(place, "cannot be swept", path)
        else:
            self._problems.add(
                place, "names no field that can be swept", path, nearest_of(path, self._fields)
            )
        return None

    def _is_unused(self, path: str) -> bool:
        """Whether nothing in the study's family reads this field."""
        family = self._sections.get("family")
        return isinstance(family, FamilySpec) and any(
            f"{path}.".startswith(f"{unused}.") for unused in family.unused
        )

    def _wrong_axis(self, place: Place, path: str, rule: str) -> None:
        self._problems.add(place, rule, path)
        self._wrong.add(path)

    def arms(self) -> dict[int, NamedArm]:
        """The named arms, by their index; their values have their fields' types."""
        arms: dict[int, NamedArm] = {}
        for place, raw in entries(self._data, "arms", self._problems):
            arm = self._arm(raw, place)
            if arm is None:
                continue
            if arm.name == PLACEHOLDER:
                self._wrong.add(str(raw.get("name")))
            elif arm.name in {other.name for other in arms.values()}:
                self._problems.add((*place, "name"), "another arm has this name", arm.name)
            arms[int(place[1])] = arm
        return arms

    def _arm(self, raw: Any, place: Place) -> NamedArm | None:
        if not is_mapping(raw):
            self._problems.add(place, "must be a mapping with a name", raw)
            return None
        fixed = self._set(raw.get("set", {}), (*place, "set"))
        axes = self._axes(raw.get("axes", {}), (*place, "axes"))
        for path in sorted(set(fixed) & set(axes)):
            self._wrong_axis((*place, "axes", path), path, "is set by this arm already")
            del axes[path]
        return validated(NamedArm, {**raw, "set": fixed, "axes": axes}, place, self._problems)

    def _set(self, raw: Any, place: Place) -> dict[str, Any]:
        if not is_mapping(raw):
            self._problems.add(place, "must map axis paths to values", raw)
            return {}
        typed: dict[str, Any] = {}
        for path, value in raw.items():
            field = self.field(path, (*place, path))
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
        kept: dict[int, dict[str, Any]] = {}
        for place, raw in entries(self._data, "exclude", self._problems):
            if not is_mapping(raw):
                self._problems.add(place, "must map axis paths to values", raw)
                continue
            typed = {path: self._excluded(path, raw[path], place, grid_axes) for path in raw}
            if all(found for _, found in typed.values()):
                kept[int(place[1])] = {path: value for path, (value, _) in typed.items()}
        return kept

    def _excluded(
        self, path: str, raw: Any, place: Place, axes: Mapping[str, tuple[Any, ...]]
    ) -> tuple[Any, bool]:
        if path not in axes:
            if path not in self.unsure(axes):
                rule = "names no axis of the grid"
                self._problems.add((*place, path), rule, path, nearest_of(path, axes))
            return None, False
        value, valid = field_value(raw, self._fields[path], (*place, path), self._problems)
        if valid and value not in axes[path] and path not in self._wrong:
            rule = "drops nothing: the axis lacks this value"
            self._problems.add((*place, path), rule, raw, nearest_value(raw, axes[path]))
            return None, False
        return value, valid
