"""What is wrong with the files of a run: told all at once, one problem a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vistab.errors import Problem, RequestError

Found = list[Problem]
"""Problems so far. What could not be read is None from then on, and asked no further."""

Shape = tuple[int, ...]


class SamplesError(RequestError):
    """The files of a run cannot be ruled on; the message names file and array."""


def problem(
    file: Path, what: str, rule: str, value: str | None = None, nearest: str | None = None
) -> Problem:
    """One thing that is wrong with a file; what: the array in it, or what else was looked at."""
    return Problem(str(file), None, what, rule, value, nearest)


def refuse(found: Sequence[Problem]) -> None:
    """Raise SamplesError with every problem found, if there is one."""
    if found:
        raise SamplesError("\n".join(str(one) for one in dict.fromkeys(found)))


def show_shape(shape: Shape) -> str:
    """A shape as documents have it: `[40, 500, 2]`."""
    return str(list(shape))
