"""What is measured of a run and may be claimed about: signals of every run, and a family's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol


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

FIDELITY_METRICS: Final[Mapping[str, Metric]] = {
    "frechet_distance": Metric("lower"),
    "kernel_distance": Metric("lower"),
    "precision": Metric("higher", 1.0),
    "recall": Metric("higher", 1.0),
    "density": Metric("higher"),
    "neighbour_coverage": Metric("higher", 1.0),  # "coverage" to its authors, which modes have here
}
"""Measures (of fidelity/) that runs of a study with `evidence` have."""

RUN_METRICS: Final[Mapping[str, Metric]] = {"severity": Metric("lower", 1.0), **SIGNAL_METRICS}
"""What may be claimed about in every family; severity is one number a run."""


class Measured(Protocol):
    """A study, or an arm's settings: what says which metrics there are."""

    @property
    def family(self) -> HasMetrics:
        """The family's section, which declares metrics of its own."""

    @property
    def evidence(self) -> object | None:
        """The section on images' evidence, if there is one."""


class HasMetrics(Protocol):
    """Declares metrics."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Columns of the history by name."""


WHEN: Final = ("final", "best")
"""At the last snapshot, and over all of them."""


def metric_columns(metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """The columns of runs.parquet that metrics become."""
    return tuple(f"{when}_{name}" for name in metrics for when in WHEN)


def measured(part: Measured) -> Mapping[str, Metric]:
    """The metrics beside every run's: of images, if evidence is asked for, and of the family."""
    return beside_signals(part.family, part.evidence)


def beside_signals(family: HasMetrics, evidence: object | None) -> Mapping[str, Metric]:
    """The same of a family's section and that on images' evidence, which may be None."""
    return {**(FIDELITY_METRICS if evidence else {}), **family.metrics}


def base_name(column: str) -> str:
    """`final_coverage` as `coverage`."""
    return column.removeprefix("final_").removeprefix("best_")


def claimable(own: Mapping[str, Metric]) -> tuple[str, ...]:
    """The columns of runs.parquet that a claim may read, given the family's own metrics."""
    return ("severity", *metric_columns({**SIGNAL_METRICS, **own}))
