"""What is measured of a run and may be claimed about: signals of every run, and a family's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Metric:
    """A history column that becomes final_<name> and best_<name> of a run.

    better: which way it improves; so best_ is the largest or the smallest value.
    most: its largest possible value where it has bounds, [0, most]; None where it has none.
    """

    better: Literal["higher", "lower"]
    most: float | None = None


SIGNAL_METRICS: Final[Mapping[str, Metric]] = {
    "coverage": Metric("higher", 1.0),
    "modes": Metric("higher"),  # at most the target's number of modes, which the plan knows
    "high_quality": Metric("higher", 1.0),
    "spread": Metric("higher"),
}
"""Signals (of collapse/signals.py) that every run has."""

RUN_METRICS: Final[Mapping[str, Metric]] = {"severity": Metric("lower", 1.0), **SIGNAL_METRICS}
"""What may be claimed about in every family; severity is one number a run."""

WHEN: Final = ("final", "best")
"""At the last snapshot, and over all of them."""


def metric_columns(metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """The columns of runs.parquet that metrics become."""
    return tuple(f"{when}_{name}" for name in metrics for when in WHEN)


def claimable(own: Mapping[str, Metric]) -> tuple[str, ...]:
    """The columns of runs.parquet that a claim may read, given the family's own metrics."""
    return ("severity", *metric_columns({**SIGNAL_METRICS, **own}))
