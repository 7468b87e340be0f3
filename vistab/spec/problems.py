"""Collecting everything that is wrong, so that it can be reported at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from vistab.errors import Problem, StudyError

Place = tuple[str | int, ...]
"""Where a value stands in the document: its keys and indices. A dotted axis path is ONE key."""

NOTHING: Any = object()
"""Stands for 'no value to show'; None is a value (YAML's null)."""


class Problems:
    """Collects the problems of one study; `lines` maps places to 1-based lines of `file`.

    A place with line None was given on the command line (`--set`).
    """

    def __init__(self, file: str, lines: Mapping[Place, int | None]) -> None:
        self._file = file
        self._lines = lines
        self._found: dict[Problem, None] = {}
        self._settled: set[Place] = set()

    def add(
        self,
        place: Place,
        rule: str,
        value: Any = NOTHING,
        nearest: str | None = None,
        *,
        line: int | None = None,
    ) -> None:
        """Note that the value at `place` breaks `rule`."""
        if place in self._settled:
            return
        shown = None if value is NOTHING else show(value)
        file, at = self._position(place) if line is None else (self._file, line)
        self._found[Problem(file, at, dotted(place), rule, shown, nearest)] = None

    def settle(self, place: Place) -> None:
        """Take no further problems at `place`: what is there could not even be read."""
        self._settled.add(place)

    def is_settled(self, place: Place) -> bool:
        """Whether what is at `place` could not be read."""
        return place in self._settled

    def at(self, place: Place) -> bool:
        """Whether something is wrong at `place` or inside it."""
        start = dotted(place)
        return any(
            p.path == start or p.path.startswith((f"{start}.", f"{start}[")) for p in self._found
        )

    @property
    def found(self) -> tuple[Problem, ...]:
        """All problems in file order; those without a line first."""
        return tuple(sorted(self._found, key=lambda problem: problem.line or 0))

    def raise_if_any(self) -> None:
        """Raise StudyError with every problem found, if there is one."""
        if self._found:
            raise StudyError(self.found)

    def _position(self, place: Place) -> tuple[str, int | None]:
        for end in range(len(place), -1, -1):
            if place[:end] in self._lines:
                line = self._lines[place[:end]]
                return (self._file, line) if line is not None else ("--set", None)
        return self._file, None


def dotted(place: Place) -> str:
    """The place as users write it: `claims[0].margin`; the whole document is `study file`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "study file"


def show(value: Any) -> str:
    """The value as YAML would have it, on one line, at most 60 characters."""
    if isinstance(value, str | float):
        text = repr(value).removesuffix(".0")
    else:
        text = json.dumps(_short(value), default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _short(value: Any) -> Any:
    """The value with 5.0 as 5, in lists and mappings too."""
    if isinstance(value, Mapping):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_short(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def similar(word: object, choices: Iterable[str]) -> str | None:
    """The choice that is spelt most like the word; None if none is."""
    return next(iter(difflib.get_close_matches(str(word), list(choices), n=1, cutoff=0.6)), None)


def nearest_listed(word: object, choices: Iterable[str]) -> str | None:
    """The most similar of the choices, for a rule that lists them all; None if none is similar."""
    closest = similar(word, choices)
    return f"nearest: {closest}" if closest is not None else None


def nearest_of(word: object, choices: Iterable[object]) -> str | None:
    """The most similar of the choices; a short list of them if none is similar; None if empty."""
    known = [choice if isinstance(choice, str) else show(choice) for choice in choices]
    closest = nearest_listed(word, known)
    if closest is not None:
        return closest
    listed = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"choose from: {listed}" if known else None


def nearest_value(value: object, choices: Iterable[object]) -> str | None:
    """Like nearest_of, but the closest number where `value` and the choices are numbers."""
    known = list(choices)
    if is_number(value) and known and all(map(is_number, known)):
        return f"nearest: {show(min(known, key=lambda choice: abs(choice - value)))}"  # type: ignore[operator]
    return nearest_of(value, known)


def is_number(value: object) -> bool:
    """Whether the value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
