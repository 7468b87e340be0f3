"""From what was asked to what will be run: arms, replicates, runs, packs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vistab.spec.study import Settings, Study

Role = Literal["confirm", "explore"]
Value = bool | int | float | str


@dataclass(frozen=True)
class Arm:
    """One assignment of all axis columns. `arm_id` is stable: it hashes `settings`."""

    arm_id: str
    name: str | None
    assignment: Mapping[str, Value]
    settings: Settings


@dataclass(frozen=True)
class Run:
    """One arm x one replicate: one trained model, one row of runs.parquet."""

    run_id: str
    arm: Arm
    replicate: int
    role: Role = "confirm"


@dataclass(frozen=True)
class Pack:
    """Runs that differ only in stacking fields, trained as one program."""

    pack_id: str
    seed: int
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that will be run. `columns` are the axis columns of runs.parquet, dotted paths."""

    study: Study
    columns: tuple[str, ...]
    arms: tuple[Arm, ...]
    runs: tuple[Run, ...]
    packs: tuple[Pack, ...]
    notes: tuple[str, ...] = ()
