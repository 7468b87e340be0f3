"""The record of a search: one line an event, appended as it happens; the truth for resuming it.

`asked`: a suggestion was made. `told`: its runs are trained, and this is how they did. `crashed`:
they could not be trained. Replayed in order into a new sampler, they bring it to the same state.
Each line ends with a check of its own content, so that a changed one is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from vistab.errors import ResultsError
from vistab.plan.trials import Told, Trial
from vistab.spec.base import frozen

NAME = "search.jsonl"

CHECK = "check"
"""The key of the first 16 hex digits of the SHA-256 of a line's other keys; once lines had none."""


@dataclass(frozen=True)
class Event:
    """One line. `assignment` is that of `asked`, `told` that of `told`."""

    event: Literal["asked", "told", "crashed"]
    number: int
    assignment: Mapping[str, Any] | None = None
    told: Told | None = None


@dataclass(frozen=True)
class SearchLog:
    """The log in a results folder; there is no file before the first event."""

    path: Path

    def append(self, event: Event) -> None:
        """Add an event and flush it to disk."""
        given = {name: value for name, value in asdict(event).items() if value is not None}
        given[CHECK] = _check(given)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(given, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def events(self) -> list[Event]:
        """All events in order. ResultsError if a line cannot be read."""
        text = self._text()
        whole = text[: text.rfind("\n") + 1]  # what a crash cut short was never written
        try:
            events = [_event(_checked(json.loads(line))) for line in whole.splitlines()]
            return _whole(events)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ResultsError(f"{self.path}: cannot be read: {error}") from error

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        except (OSError, ValueError) as error:
            raise ResultsError(f"{self.path}: cannot be read: {error}") from error

    def trials(self) -> tuple[Trial, ...]:
        """What came of every suggestion made so far, by number."""
        return trials_of(self.events())

    def mend(self) -> None:
        """Drop a last line that a crash cut short, before more is appended."""
        text = self.path.read_bytes() if self.path.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            with open(self.path, "r+b") as file:
                file.truncate(len(whole))


def log_of(folder: Path) -> SearchLog:
    """The search log of a results folder."""
    return SearchLog(folder / NAME)


def trials_of(events: Iterable[Event]) -> tuple[Trial, ...]:
    """The suggestions that events tell of, by number."""
    trials: dict[int, Trial] = {}
    for event in events:
        if event.event == "asked":
            trials[event.number] = Trial(event.number, dict(event.assignment or {}))
        elif event.event == "told":
            trials[event.number] = replace(trials[event.number], told=event.told)
        else:
            trials[event.number] = replace(trials[event.number], crashed=True)
    return tuple(trials[number] for number in sorted(trials))


def _check(line: Mapping[str, Any]) -> str:
    text = json.dumps({k: v for k, v in line.items() if k != CHECK}, sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def _checked(line: Mapping[str, Any]) -> Mapping[str, Any]:
    if line.get(CHECK, _check(line)) != _check(line):
        raise ValueError(f"an event was changed or damaged: {line.get('event')} {line['number']}")
    return line


def _whole(events: list[Event]) -> list[Event]:
    """The events, of which none is about a suggestion that was never made."""
    asked: set[int] = set()
    for event in events:
        if event.event == "asked":
            asked.add(event.number)
        elif event.number not in asked:
            raise ValueError(f"an event is missing: suggestion {event.number} was never asked for")
    return events


def _event(line: Mapping[str, Any]) -> Event:
    told, assignment = line.get("told"), line.get("assignment")
    return Event(
        line["event"],
        line["number"],
        None if assignment is None else frozen(assignment),
        None if told is None else Told(**told),
    )
