"""What a search has tried so far: its suggestions and how their runs did."""

from __future__ import annotations

from collections.abc import Mapping
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
