"""What differs between two studies' trained parts, in words a reader can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vistab.spec.identity import TRAINED


def changes(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """One line per trained value that differs: `dotted.path: recorded value -> value asked for`."""
    before, after = dict(_leaves(recorded)), dict(_leaves(asked))
    paths = [*before, *(path for path in after if path not in before)]
    return tuple(
        f"{path}: {before.get(path, 'nothing')} -> {after.get(path, 'nothing')}"
        for path in paths
        if before.get(path) != after.get(path) and path.split(".")[0] in TRAINED
    )


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(data, Mapping):
        yield path, data
        return
    for key, value in data.items():
        yield from _leaves(value, f"{path}.{key}" if path else str(key))
