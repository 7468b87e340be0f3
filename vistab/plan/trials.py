"""What a search has tried so far: its suggestions and how their runs did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """How a suggestion's runs did: how many of `n` failed, and their mean final coverage."""

    failed: int
    n: int
    coverage: float

    @property
    def failure_rate(self) -> float:
        """Share of the runs that failed."""
        return self.failed / self.n


def told_of(outcomes: Sequence[str], coverages: Sequence[float | None]) -> Told:
    """How runs did, by outcome and final coverage; a coverage that is not a number counts as 0."""
    known = [0.0 if one is None or math.isnan(one) else float(one) for one in coverages]
    failed = sum(outcome != "healthy" for outcome in outcomes)
    return Told(failed, len(known), sum(known) / len(known))


@dataclass(frozen=True)
class Trial:
    """One suggestion. `told` is None while its runs train, and for good if they `crashed`."""

    number: int
    assignment: Mapping[str, Any]
    told: Told | None = None
    crashed: bool = False

    @property
    def ended(self) -> bool:
        """Whether the search need not wait for it."""
        return self.crashed or self.told is not None
