"""How much of the target a run misses, in [0, 1]."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import Array, Trajectory

TOLERATED: Final = 0.5
"""Part of its fair share with which a mode of a healthy run counts as covered. At an imbalance of
2:1 the rarest mode has at least this, and with a quarter of strays all modes have more."""


def of_failure(run: Trajectory, onset: int, t: Thresholds, *, wanders: bool) -> float:
    """1 - balanced coverage, median over a failure that lasts from the snapshot `onset` on.

    Samples without variety cover less: in proportion to their spread, below what is healthy. Where
    single snapshots cannot show all modes, all of them together are looked at, unless it wanders.
    """
    coverage = run.coverage[onset:]
    if run.places is not None and not wanders:
        coverage = np.minimum(run.parts[onset:].mean(axis=0), run.fair).sum()
    return _missing(coverage * _variety(run, t)[onset:])


def of_health(run: Trajectory, t: Thresholds, expected: float) -> float:
    """The same of a healthy run, median over its last quarter, but for what is no failure.

    Imbalance, strays and sampling error are none: a mode with half its fair share is covered, and
    `expected` is what of a perfect sampler's modes is.
    """
    covered = tolerant_coverage(run.parts, run.fair) * _variety(run, t)
    return _missing(covered[-max(1, len(run) // 4) :] / expected)


def tolerant_coverage(parts: Array, fair: Array) -> Array:
    """Sum [...] over modes of min(share / 0.5, fair share), from shares [..., m] and fair [m]."""
    return np.asarray(np.minimum(parts / TOLERATED, fair).sum(axis=-1))


def _variety(run: Trajectory, t: Thresholds) -> Array:
    return np.minimum(run.spread / t.spread, 1.0)


def _missing(covered: npt.NDArray[np.float64]) -> float:
    return min(max(1 - float(np.median(covered)), 0.0), 1.0)
