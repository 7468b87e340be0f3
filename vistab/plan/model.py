"""What a plan holds: arms, runs, packs. Frozen data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vistab.spec.claims import Value
from vistab.spec.grid import Grid
from vistab.spec.settings import canonical
from vistab.spec.study import Settings, Study

Role = Literal["confirm", "explore"]


def column_value(value: object) -> Value:
    """A value as a column of runs.parquet holds it: lists and null as their JSON text."""
    return value if isinstance(value, bool | int | float | str) else canonical(value)


def digest(text: str) -> str:
    """Ten hex digits of the text's SHA-256: enough to tell the arms and packs of a plan apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Arm:
    """One assignment of all axis columns. `arm_id` is stable: it hashes `settings`.

    known: False for an arm that a search has yet to choose; its assignment then holds None.
    """

    arm_id: str
    name: str | None
    assignment: Mapping[str, Value | None]
    settings: Settings
    known: bool = True


@dataclass(frozen=True)
class Run:
    """One arm x one replicate: one trained model, one row of runs.parquet."""

    run_id: str
    arm: Arm
    replicate: int
    role: Role = "confirm"

    def shortened(self, rounds: int, snapshots: int) -> Run:
        """The same run with a smaller budget: to be timed or tried out, never a result."""
        settings = self.arm.settings
        budget = settings.budget.model_copy(update={"rounds": rounds, "snapshots": snapshots})
        arm = replace(self.arm, settings=settings.model_copy(update={"budget": budget}))
        return replace(self, arm=arm)


@dataclass(frozen=True)
class Pack:
    """Runs that differ only in stacking fields, trained as one program."""

    pack_id: str
    seed: int
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that will be run. `columns` are the axis columns of runs.parquet, dotted paths.

    Confirm runs come first, ordered by arm, then replicate; `grid` holds their arms as rows of bare
    values. Explore runs, of a study with a search, follow.
    """

    study: Study
    columns: tuple[str, ...]
    arms: tuple[Arm, ...]
    runs: tuple[Run, ...]
    packs: tuple[Pack, ...]
    notes: tuple[str, ...]
    grid: Grid = field(repr=False)

    def run_of(self, arm: int, replicate: int) -> Run:
        """The run of the arm with this index."""
        return self.runs[arm * self.study.replicates + replicate]
