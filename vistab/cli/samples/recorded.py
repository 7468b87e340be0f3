"""What was found of a run before any of its samples were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vistab.cli.samples.reference import Data
from vistab.cli.samples.snapshots import Snapshots
from vistab.cli.samples.stored import Floats
from vistab.collapse.reference import Reference


@dataclass(frozen=True, eq=False)
class Recorded:
    """A run as its files have it; None for what is not there or cannot be used.

    compared: is there anything that its samples are to be compared with? losses: curves [T] by
    name. notes: what a reader should know, in words.
    """

    snapshots: Snapshots | None = None
    modes: Reference | None = None
    data: Data | None = None
    compared: bool = False
    losses: Mapping[str, Floats] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
