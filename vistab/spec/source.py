"""A study file as plain data: read from disk, with the command line's `--set` values put in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vistab.spec.problems import NOTHING, Place, Problems
from vistab.spec.yaml12 import parse

ASSIGNMENTS = frozenset(
    {
        *("axes", "set", "zip", "exclude", "within", "treatment", "control", "across"),
        *("space", "along", "per"),
    }
)
"""Keys whose mappings have dotted axis paths as keys; below them a path is not split at dots."""


@dataclass(frozen=True)
class Source:
    """The document's data and where to report what is wrong with it."""

    data: dict[str, Any]
    problems: Problems


def read_source(path: Path, overrides: Sequence[str] = ()) -> Source:
    """The study file's data with overrides applied; problems so far are in `.problems`."""
    lines: dict[Place, int | None] = {}
    problems = Problems(str(path), lines)
    data = _parse_file(path, problems, lines)
    for override in overrides:
        data = _override(data, override, problems, lines)
    return Source(data, problems)


def with_claims_of(source: Source, path: Path) -> Source:
    """The document with the claims of another file, where problems are then placed."""
    other = read_source(path)
    if "claims" not in other.data:
        other.problems.add(("claims",), "is required: a list of claims")
    return Source({**source.data, "claims": other.data.get("claims", ())}, other.problems)


def _parse_file(path: Path, problems: Problems, lines: dict[Place, int | None]) -> dict[str, Any]:
    text = _text(path, problems)
    data = parse(text, problems, lines) if text is not None else None
    if not isinstance(data, dict):
        rule = "must be a mapping that names study, target and family"
        problems.add((), rule, NOTHING if data is None else data)
        problems.settle(())
    return data if isinstance(data, dict) else {}


def _text(path: Path, problems: Problems) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problems.add((), f"cannot be read: {reason}")
        problems.settle(())
        return None


def _override(
    data: dict[str, Any], override: str, problems: Problems, lines: dict[Place, int | None]
) -> dict[str, Any]:
    """The data with one `path=value` put in; the value is read as YAML."""
    path, equals, text = override.partition("=")
    place = _place(path.strip())
    if not equals or not place:
        lines[("--set",)] = None
        problems.add(("--set",), "must have the form path=value", override)
        return data
    for known in [known for known in lines if known[: len(place)] == place]:
        del lines[known]
    lines[place] = None
    value_lines: dict[Place, int | None] = {}
    value = parse(text, problems_of_value := Problems("--set", value_lines), value_lines, place)
    for problem in problems_of_value.found:
        problems.add(place, problem.rule)
        problems.settle(place)
    changed: dict[str, Any] = _put(data, place, value, problems, place)
    return changed


def _place(path: str) -> Place:
    """`claims[0].margin` as keys and indices; what follows an assignment's key stays whole."""
    place: list[str | int] = []
    rest = path
    while rest:
        if place and any(part in ASSIGNMENTS for part in place) and not rest.startswith("["):
            return (*place, rest)
        match = re.match(r"\[(\d{1,9})\]\.?|([^.\[\]]+)\.?", rest)
        if match is None:
            return ()
        place.append(int(match[1]) if match[1] else match[2])
        rest = rest[match.end() :]
    return tuple(place)


def _put(value: Any, place: Place, new: Any, problems: Problems, whole: Place) -> Any:
    """A copy of `value` in which `new` stands at `place`; missing sections are made."""
    if not place:
        return new
    key, rest = place[0], place[1:]
    if isinstance(key, int):
        if isinstance(value, tuple) and key < len(value):
            return (*value[:key], _put(value[key], rest, new, problems, whole), *value[key + 1 :])
        problems.add(whole, f"there is no entry [{key}] to set")
        return value
    if value is not None and not isinstance(value, dict):
        problems.add(whole, f"cannot be set, there is no section above {key}", value)
        return value
    return {**(value or {}), key: _put((value or {}).get(key), rest, new, problems, whole)}
