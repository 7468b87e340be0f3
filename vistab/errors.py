"""Every error that vistab raises on purpose.

VistabError
├── RequestError           what was asked for is wrong: nothing starts, exit code 2
│   ├── StudyError         the study file breaks its rules (carries every problem at once)
│   ├── DataError          the images that a target names are missing, too few or broken
│   └── ResultsError       a results folder is missing, unreadable or belongs to another study
├── ExecutionError         something failed while running: exit code 1
│   └── MachineError       a machine or Ray failed, and no pack did: the same command resumes
│       └── StorageError   the results folder can no longer be written
└── Interrupted            the user stopped it; the same command resumes: exit code 130
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class VistabError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class RequestError(VistabError):
    """What was asked for is wrong. Nothing was started and nothing was lost."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a study file.

    `line` is 1-based (None when the value came from `--set`); `path` is dotted, with `[index]`.
    """

    file: str
    line: int | None
    path: str
    rule: str
    value: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line is not None else self.file
        got = f", {self.value} got" if self.value is not None else ""
        hint = f"; {self.nearest}" if self.nearest is not None else ""
        return f"{where}: {self.path}: {self.rule}{got}{hint}"


class StudyError(RequestError):
    """A study file breaks its rules. `problems` holds all of them, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(RequestError):
    """The data that a target names cannot be had: which of its fields names them, and the rule."""

    def __init__(
        self, field: str, rule: str, value: str | None = None, nearest: str | None = None
    ) -> None:
        self.field, self.rule, self.value, self.nearest = field, rule, value, nearest
        got = f", {value!r} got" if value is not None else ""
        hint = f"; {nearest}" if nearest is not None else ""
        super().__init__(f"target.{field}: {rule}{got}{hint}")


class ResultsError(RequestError):
    """A results folder is missing, unreadable, or belongs to another study."""


class ExecutionError(VistabError):
    """Something failed while running; what did not fail is kept."""


class MachineError(ExecutionError):
    """A machine, or Ray, failed while packs were training. None of them is at fault."""


class StorageError(MachineError):
    """The results folder can no longer be written: which one, and why.

    full: whether all that it needs is room. missing: whether it is not there at all.
    """

    def __init__(self, folder: Path, why: str, full: bool = False, missing: bool = False) -> None:
        self.folder, self.why, self.full, self.missing = folder, why, full, missing
        super().__init__(folder, why, full, missing)  # all of it, or it could not be pickled

    def __str__(self) -> str:
        return f"{self.folder}: {self.why}"


class Interrupted(VistabError):
    """The user stopped the command; the same command run again resumes."""

    exit_code = 130
