"""Reading `search` and `confirm`, and checking them against the rest of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from vistab.spec.axis_reading import AxisReader
from vistab.spec.problems import Place, Problems
from vistab.spec.reading import Data, kind_of
from vistab.spec.search import (
    SEARCHES,
    ConfirmSpec,
    Dimension,
    FrontierSearch,
    Range,
    SamplerSearch,
    SearchSpec,
    n_suggestions,
)
from vistab.spec.validation import validated
from vistab.spec.values import axis_values, ends_valid, field_value

CHOSEN_BY_SEARCH = ("axes", "zip", "arms", "exclude", "replicates")


def read_search(
    data: Data, reader: AxisReader, problems: Problems
) -> tuple[SearchSpec | None, ConfirmSpec | None]:
    """The search and how it is confirmed; None where there is none, or none that can be saved."""
    raw = data.get("search")
    if raw is None:
        if data.get("confirm") is not None:
            problems.add(("confirm",), "belongs to a study with search", data["confirm"])
        return None, None
    for key in CHOSEN_BY_SEARCH:
        if key in data:
            rule = "has no place beside search, which chooses the arms"
            if key == "replicates":
                rule = "is said under search and under confirm in a study with search"
            problems.add((key,), rule, data[key])
    confirm = _confirm(data, problems)
    model = kind_of(raw, SEARCHES, ("search",), problems)
    search = None if model is None else validated(model, raw, ("search",), problems)
    if search is None:
        return None, confirm
    before = len(problems.found)
    search = search.model_copy(update=_typed(search, reader, problems))
    if len(problems.found) == before:
        _check(search, confirm, problems)
    return search, confirm


def _confirm(data: Data, problems: Problems) -> ConfirmSpec:
    if data.get("confirm") is None:
        rule = "is required beside search: {top: k, replicates: n}; claims read confirm runs alone"
        problems.add(("confirm",), rule)
        return ConfirmSpec(replicates=2)
    confirm = validated(ConfirmSpec, data["confirm"], ("confirm",), problems)
    return confirm or ConfirmSpec(replicates=2)  # whatever will do for as long as checking goes on


def _typed(search: SearchSpec, reader: AxisReader, problems: Problems) -> dict[str, Any]:
    """The parts that name paths, with their values in the fields' own types."""
    if isinstance(search, FrontierSearch):
        return {
            part: _space(getattr(search, part), ("search", part), reader, problems)
            for part in ("along", "per")
        }
    assert isinstance(search, SamplerSearch)
    return {"space": _space(search.space, ("search", "space"), reader, problems)}


def _space(
    raw: Mapping[str, Any], place: Place, reader: AxisReader, problems: Problems
) -> dict[str, Dimension]:
    """Every path with its values; those of wrong paths are left out."""
    space = {
        path: _range(path, value, place, reader, problems)
        if isinstance(value, dict)
        else _values(path, value, place, reader, problems)
        for path, value in raw.items()
    }
    return {path: values for path, values in space.items() if values}


def _values(
    path: str, raw: Any, place: Place, reader: AxisReader, problems: Problems
) -> tuple[Any, ...]:
    field = reader.field(path, (*place, path))
    return () if field is None else axis_values(raw, field, (*place, path), problems)[0]


def _range(
    path: str, raw: dict[str, Any], place: Place, reader: AxisReader, problems: Problems
) -> Dimension:
    """The range of a path; () with the problem noted if it is none."""
    where = (*place, path)
    field = reader.field(path, where)
    if set(raw) not in ({"log"}, {"linear"}):
        rule = "a range to search has exactly one of log and linear, and nothing else"
        problems.add(where, rule, raw)
        return ()
    scale: Literal["log", "linear"] = "log" if "log" in raw else "linear"
    ends = raw[scale]
    if field is None or not ends_valid(scale, ends, (*where, scale), problems):
        return ()
    if not ends[0] < ends[1]:
        problems.add((*where, scale), "must have its smaller end first", ends)
        return ()
    if not all(field_value(end, field, (*where, scale), problems)[1] for end in ends):
        return ()
    return Range(scale=scale, low=ends[0], high=ends[1])


def _check(search: SearchSpec, confirm: ConfirmSpec, problems: Problems) -> None:
    """What the parts of a search ask of each other."""
    if isinstance(search, FrontierSearch):
        _check_frontier(search, problems)
    elif isinstance(search, SamplerSearch):
        _check_sampler(search, problems)
    most = len(search.chains) if isinstance(search, FrontierSearch) else n_suggestions(search)
    if confirm.top > most:
        rule = f"must be at most {most}, the number of arms that the search can choose from"
        problems.add(("confirm", "top"), rule, confirm.top, f"nearest: {most}")


def _check_frontier(search: FrontierSearch, problems: Problems) -> None:
    ((path, along),) = search.along.items()
    if not isinstance(along, Range):
        rule = "must be a range, {log: [low, high]} or {linear: [low, high]}"
        problems.add(("search", "along", path), rule, along)
    for per, values in search.per.items():
        if isinstance(values, Range):
            rule = "must be a list of values: each has a search of its own"
            problems.add(("search", "per", per), rule, values.model_dump())
    if path in search.per:
        problems.add(("search", "per", path), "is what the search runs along", path)


def _check_sampler(search: SamplerSearch, problems: Problems) -> None:
    if len(set(search.objectives)) < len(search.objectives):
        problems.add(("search", "objectives"), "names one twice", search.objectives)
    if search.kind != "cmaes":
        return
    if len(search.objectives) > 1:
        problems.add(("search", "objectives"), "cmaes takes one objective", search.objectives)
    ranges = [path for path, values in search.space.items() if isinstance(values, Range)]
    if len(ranges) < max(2, len(search.space)):
        rule = "cmaes takes two or more ranges and no lists"
        problems.add(("search", "space"), rule, list(search.space))
