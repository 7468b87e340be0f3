"""What a claim must satisfy given the study's arms, beyond the types of its own keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from vistab.spec.claims import (
    ClaimSpec,
    ComparisonSpec,
    IdenticalClaim,
    InteractionClaim,
    OutcomeOrMetric,
    Selector,
    StableRegionClaim,
    TrendClaim,
)
from vistab.spec.draft import Draft
from vistab.spec.effects import largest_effect, reach_of
from vistab.spec.families import FamilySpec
from vistab.spec.grid import Grid, is_numeric
from vistab.spec.margin_checks import margin_problems, too_large
from vistab.spec.metrics import FIDELITY_METRICS, beside_signals, claimable, metric_columns
from vistab.spec.outcomes import Outcome
from vistab.spec.problems import NOTHING, Place, Problems, nearest_of, nearest_value, show
from vistab.spec.selection import (
    ArmComparison,
    compare,
    controls,
    level_axis,
    named_paths,
    selected,
)
from vistab.spec.side_checks import uneven
from vistab.spec.study import BudgetSpec
from vistab.spec.validation import PLACEHOLDER
from vistab.spec.values import field_value


def check_claims(
    draft: Draft, grid: Grid, problems: Problems, most_modes: float
) -> dict[int, ClaimSpec]:
    """The claims with every value in its axis's own type. Problems are noted.

    most_modes: of the richest target of any arm.
    """
    return {
        index: _Check(draft, grid, problems, ("claims", index), most_modes).claim(claim)
        for index, claim in draft.claims.items()
    }


def claimable_outcomes(family: FamilySpec) -> tuple[str, ...]:
    """What a claim about the family may name as its outcome."""
    return ("failed", *(one for one in get_args(Outcome) if one in family.outcomes))


def selectors(claim: ClaimSpec) -> Iterator[tuple[Place, Selector]]:
    """Every selector of the claim and where it stands in the claim."""
    if isinstance(claim, ComparisonSpec):
        yield ("treatment",), claim.treatment
        if isinstance(claim.control, tuple):
            yield from ((("control", at), control) for at, control in enumerate(claim.control))
        else:
            yield ("control",), claim.control
    if isinstance(claim, TrendClaim):
        yield ("arms",), claim.arms


class _Check:
    """Checks one claim. `sound` turns False once its selectors cannot be trusted."""

    def __init__(
        self, draft: Draft, grid: Grid, problems: Problems, place: Place, most_modes: float
    ) -> None:
        self._draft, self._grid, self._problems, self._place = draft, grid, problems, place
        self._most_modes = most_modes
        self._sound = True

    def claim(self, claim: ClaimSpec) -> ClaimSpec:
        """The claim with typed values; notes whatever is wrong with it."""
        self._check_keys(claim)
        claim = claim.model_copy(update=self._typed(claim))
        self._check_level_axis(claim)
        if self._sound:
            self._check_sides(claim)
        return claim

    def _wrong(self, place: Place, rule: str, *details: Any) -> None:
        self._problems.add((*self._place, *place), rule, *details)
        self._sound = False

    def _check_keys(self, claim: ClaimSpec) -> None:
        """Keys that need or exclude each other."""
        if isinstance(claim, OutcomeOrMetric) and claim.outcome and claim.metric:
            rule = "takes the place of outcome: give only one of them"
            self._add("metric", rule, claim.metric)
        self._check_measure(claim)
        if isinstance(claim, InteractionClaim) and bool(claim.across) == bool(claim.along):
            self._add("across", "exactly one of across and along is required")
            self._sound = False

    def _check_measure(self, claim: ClaimSpec) -> None:
        """Runs of this study's family must have the metric, and be able to end in the outcome."""
        family = self._draft.sections.get("family")
        if not isinstance(family, FamilySpec):
            return
        own = beside_signals(family, self._draft.evidence)
        if getattr(claim, "metric", None) in (None, *claimable(own)):
            for key, *details in margin_problems(claim, own):
                self._add(key, *details)
            if getattr(claim, "along", None) is None:
                self._check_margin(claim)
        known = {"metric": claimable(own), "outcome": claimable_outcomes(family)}
        for key, among in known.items():
            value = getattr(claim, key, None)
            if value is not None and value not in among:
                rule = f"must be one of {', '.join(among)} (family {family.kind})"
                wants_evidence = value in metric_columns(FIDELITY_METRICS)
                missing = "measured with evidence: {features: pixels}" if wants_evidence else None
                self._add(key, rule, value, missing or nearest_of(value, among))

    def _check_even(self, claim: ComparisonSpec, index: int, comparison: ArmComparison) -> None:
        """The sides hold the same values of whatever one of them does not name."""
        many = isinstance(claim.control, tuple)
        place: Place = ("control", index) if many else ("control",)
        for rule, nearest in uneven(self._grid, claim, controls(claim)[index], comparison):
            self._wrong(place, rule, NOTHING, nearest)

    def _check_margin(self, claim: ClaimSpec, n_levels: int = 1) -> None:
        """The margin is smaller than the largest effect there can be."""
        family, budget = (self._draft.sections.get(name) for name in ("family", "budget"))
        if not isinstance(family, FamilySpec) or not isinstance(budget, BudgetSpec):
            return
        own = beside_signals(family, self._draft.evidence)
        reach = reach_of(claim, own, self._most_modes)
        problem = too_large(claim, largest_effect(claim, reach, n_levels, budget.rounds))
        if problem is not None:
            self._add(*problem)

    def _add(self, key: str, rule: str, value: Any = NOTHING, *nearest: Any) -> None:
        """Note a problem of one key, unless its own value was refused already."""
        if not self._problems.at((*self._place, key)):
            self._problems.add((*self._place, key), rule, value, *nearest)

    def _typed(self, claim: ClaimSpec) -> dict[str, Any]:
        """The claim's selectors, `within` and `across` with values in their axes' types."""
        typed = {place: self._selector(selector, place) for place, selector in selectors(claim)}
        update: dict[str, Any] = {str(p[0]): new for p, new in typed.items() if len(p) == 1}
        if isinstance(claim, ComparisonSpec) and isinstance(claim.control, tuple):
            update["control"] = tuple(new for place, new in typed.items() if len(place) == 2)
            if not claim.control:
                self._wrong(("control",), "must name at least one control")
        update["within"] = {
            path: self._one_or_more(path, raw, ("within", path))
            for path, raw in claim.within.items()
        }
        if isinstance(claim, InteractionClaim) and claim.across:
            update["across"] = self._across(claim.across)
        return update

    def _selector(self, selector: Selector, place: Place) -> dict[str, Any]:
        if not selector and place != ("arms",):
            rule = "must name at least one axis and its value, or {arm: NAME}"
            self._wrong(place, rule, dict(selector))
        if "arm" in selector:
            self._check_arm(selector, place)
            return dict(selector)
        return {path: self._value(path, raw, (*place, path)) for path, raw in selector.items()}

    def _check_arm(self, selector: Selector, place: Place) -> None:
        if len(selector) > 1:
            self._wrong(place, "takes either {arm: NAME} or axes, not both", dict(selector))
        name, known = selector["arm"], set(self._grid.arm_paths) - {PLACEHOLDER}
        if name in known:
            return
        self._sound = False
        if name not in self._draft.unsure:  # its arm is in the file, but wrong
            none = None if self._grid.arm_paths else "the study has no named arms"
            hint = nearest_of(name, sorted(known)) or none
            self._wrong((*place, "arm"), "names no named arm", name, hint)

    def _across(self, across: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
        if len(across) != 1:
            self._wrong(("across",), "must name exactly one axis", dict(across))
        typed = {
            path: tuple(
                self._value(path, raw, ("across", path, at)) for at, raw in enumerate(values)
            )
            for path, values in across.items()
        }
        for path, (first, second) in typed.items():
            if self._sound and first == second:
                self._wrong(("across", path), "needs two different values", (first, second))
        return typed

    def _one_or_more(self, path: str, raw: Any, place: Place) -> Any:
        field = self._draft.fields.get(path)
        is_list = field is not None and field.is_list
        if not isinstance(raw, tuple) or (is_list and not all(isinstance(v, tuple) for v in raw)):
            value = self._value(path, raw, place)
            return (value,) if is_list else value
        if not raw:
            self._wrong(place, "must name at least one value", raw)
        return tuple(self._value(path, item, (*place, at)) for at, item in enumerate(raw))

    def _value(self, path: str, raw: Any, place: Place) -> Any:
        """One value of an axis, in the axis's type; must be a value that some arm has."""
        if not self._is_axis(path, place):
            return raw
        field, whole_place = self._draft.fields[path], (*self._place, *place)
        value, valid = field_value(raw, field, whole_place, self._problems)
        if not valid:
            self._sound = False
            return raw
        levels = self._grid.levels[path]
        if value not in levels:
            self._wrong(place, f"no arm has this value of {path}", raw, nearest_value(raw, levels))
        return value

    def _is_axis(self, path: str, place: Place) -> bool:
        if path in self._grid.columns and path not in self._draft.unsure:
            return True
        self._sound = False
        if path not in self._draft.unsure:
            none = None if self._draft.unsure else "the study has no axes"
            hint = nearest_of(path, self._grid.columns) or none
            self._wrong(place, "names no axis of this study", path, hint)
        return False

    def _check_level_axis(self, claim: ClaimSpec) -> None:
        """The axis of along, vary or across is one, and no side of the claim names it too."""
        axis = level_axis(claim)
        if axis is None:
            return
        key = "vary" if isinstance(claim, IdenticalClaim) else "along"
        if getattr(claim, key, None) is not None and not self._is_axis(axis, (key,)):
            return
        if isinstance(claim, StableRegionClaim) and self._sound:
            self._check_neighbours(axis)
        for place, selector in selectors(claim):
            if self._sound and axis in named_paths(self._grid, selector):
                rule = f"must leave {axis} free, which the claim varies"
                self._wrong(place, rule, dict(selector))

    def _check_neighbours(self, axis: str) -> None:
        """A stretch of values needs to know which of them lie next to each other."""
        levels = self._grid.levels[axis]
        if not is_numeric(levels):
            rule = f"must be an axis of numbers, since {axis} gives its values no neighbours"
            hint = f"it holds {', '.join(map(show, levels))}; kind: rate compares shares of runs"
            self._wrong(("along",), rule, axis, hint)

    def _check_sides(self, claim: ClaimSpec) -> None:
        """Every side selects arms, treatment differs from control, and cells are left."""
        taken = {
            place: selected(self._grid, selector, claim.within)
            for place, selector in selectors(claim)
        } or {("within",): selected(self._grid, {}, claim.within)}
        for place, arms in taken.items():
            if not arms:
                self._wrong(place, "selects no arm")
        for place, arms in taken.items():
            if place[0] == "control" and arms and arms == taken[("treatment",)]:
                self._wrong(place, "selects the same runs as treatment")
        if self._sound:
            self._check_cells(claim)

    def _check_cells(self, claim: ClaimSpec) -> None:
        many = len(controls(claim)) > 1
        for index, comparison in enumerate(compare(self._grid, claim)):
            place: Place = ("control", index) if many else ()
            if len(comparison.levels) < 2 and level_axis(claim) is not None:
                rule = f"needs at least two values of {level_axis(claim)} among the arms it selects"
                self._wrong(place, rule, comparison.levels)
            elif not comparison.cells:
                rule = f"no complete cell is left; all {comparison.left_out} miss a side or a level"
                self._wrong(place, rule)
            elif isinstance(claim, ComparisonSpec):
                self._check_even(claim, index, comparison)
            if self._sound and getattr(claim, "along", None) is not None:
                self._check_margin(claim, len(comparison.levels))


def check_replicates(draft: Draft, problems: Problems) -> None:
    """Claims are tested over replicates: two at least, one where all that is asked is identity."""
    needs_two = any(not isinstance(claim, IdenticalClaim) for claim in draft.claims.values())
    if needs_two and draft.replicates < 2:
        rule = "must be at least 2, since claims are tested over replicates"
        problems.add(("replicates",), rule, draft.replicates, "nearest: 2")
