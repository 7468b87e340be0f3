"""The claims that are simulated, and worlds in which each has a known effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.studies import RATE, SIDES, STEPS, WEIGHT, Claim
from lab.worlds import ByRun, Shares, mean_longest_stretch

COVERAGE = "final_coverage"
DIFFERENCES: dict[str, Claim] = {
    "rate": {"kind": "rate", "expect": "lower", **SIDES},
    "onset of failure": {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
    "onset of convergence": {"kind": "onset", "event": "convergence", "expect": "sooner", **SIDES},
    "score, all runs": {"kind": "score", "metric": COVERAGE, "expect": "higher", **SIDES},
    "score, ranked": {
        "kind": "score",
        "metric": COVERAGE,
        "given": "ranked",
        "expect": "higher",
        **SIDES,
    },
    "score, healthy runs": {
        "kind": "score",
        "metric": COVERAGE,
        "given": "healthy",
        "expect": "higher",
        **SIDES,
    },
    "trend of an outcome": {"kind": "trend", "along": RATE, "expect": "lower"},
    "trend of a metric": {"kind": "trend", "along": RATE, "metric": COVERAGE, "expect": "higher"},
    "interaction across": {
        "kind": "interaction",
        "across": {STEPS: (1, 5)},
        "expect": "lower",
        **SIDES,
    },
    "interaction along": {"kind": "interaction", "along": RATE, "expect": "lower", **SIDES},
    "stable region": {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
}
"""One claim of every sort that has a p, by its name on the page."""

LEVELS = (1e-3, 2e-3, 4e-3)
TWO_WEIGHTS = {RATE: LEVELS, WEIGHT: (0.0, 5.0)}
NINE_CELLS = {RATE: LEVELS, STEPS: (1, 2, 5), WEIGHT: (0.0, 5.0)}
FOUR_WEIGHTS = {RATE: LEVELS[:2], WEIGHT: (0.0, 1.0, 2.0, 5.0)}
CONTROLS = {"treatment": {WEIGHT: 5}, "control": ({WEIGHT: 0}, {WEIGHT: 1}, {WEIGHT: 2})}


def stated(claim: Claim, effect: float) -> float | None:
    """The true effect, if the one that a verdict shows is not the least favourable of several."""
    return None if isinstance(claim.get("control"), tuple) else effect


def treated(runs: pd.DataFrame) -> Any:
    """Which runs have the treatment."""
    return runs[WEIGHT] == 5


def untreated(runs: pd.DataFrame) -> Any:
    """Which have not."""
    return runs[WEIGHT] != 5


def sides(treatment: float, control: float) -> ByRun:
    """A number for the runs of each side."""
    return lambda runs: np.where(treated(runs), treatment, control)


def along(axis: str, treatment: Mapping[Any, float], control: Mapping[Any, float]) -> ByRun:
    """A number for the runs of each side, by their value of an axis."""
    return lambda runs: np.where(treated(runs), runs[axis].map(treatment), runs[axis].map(control))


def levels(*numbers: float) -> dict[float, float]:
    """A number for each value of the learning rate."""
    return dict(zip(LEVELS, numbers, strict=True))


FALLING = levels(0.6, 0.4, 0.2)
EFFECTS: dict[str, tuple[float, Shares]] = {
    "rate": (-0.3, Shares(sides(0.2, 0.5))),
    "onset of failure": (18.0, Shares(sides(0.2, 0.6))),  # 45 rounds a share
    "onset of convergence": (-18.0, Shares(sides(0.2, 0.6))),
    "score, all runs": (0.2, Shares(sides(0.2, 0.5), coverage=sides(0.6, 0.4))),
    "score, ranked": (0.3, Shares(sides(0.2, 0.5))),  # healthy pairs are even
    "score, healthy runs": (0.2, Shares(sides(0.2, 0.5), coverage=sides(0.6, 0.4))),
    "trend of an outcome": (-0.2, Shares(along(RATE, FALLING, FALLING))),
    "trend of a metric": (
        0.1,
        Shares(coverage=along(RATE, levels(0.4, 0.5, 0.6), levels(0.4, 0.5, 0.6))),
    ),
    "interaction across": (-0.3, Shares(along(STEPS, {1: 0.2, 5: 0.4}, {1: 0.6, 5: 0.5}))),
    "interaction along": (-0.2, Shares(along(RATE, levels(0.3, 0.3, 0.3), levels(0.2, 0.4, 0.6)))),
    "stable region": (
        mean_longest_stretch([0.2] * 3, 0.5) - mean_longest_stretch([0.6] * 3, 0.5),
        Shares(sides(0.2, 0.6)),
    ),
}
"""The true effect, as each claim expects it, and the world that has it."""
