"""The whole way from samples of one's own to a ruling: what `vistab detect` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.collapse.calibration import Band, Calibration, calibrate
from vistab.collapse.detector import THRESHOLDS, health, rule
from vistab.collapse.reference import Reference
from vistab.collapse.scale import Scale, fractions_for_pixels
from vistab.collapse.signals import Signals
from vistab.collapse.trajectory import Trajectory, window
from vistab.errors import RequestError
from vistab.spec.outcomes import Outcome
from vistab.targets.features import FEW_FEATURES

FEWEST_SAMPLES: Final = 10
"""Fewer samples a snapshot are refused: nothing can be told from them."""

_MOST_BLIND: Final = 0.5  # of the target: if its loss cannot show, health cannot be told

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Detection:
    """What became of a run, and by what evidence. T snapshots, m modes or bins of data.

    outcome: None if the samples are too few to tell; evidence then says what is missing.
    severity: in [0, 1], None if undecided. limits: what so many samples cannot show, in words,
    or nothing. rounds [T]; signals: `SIGNALS` [T] and mode_shares [T, m]; fair_shares [m];
    noun: modes or bins. bands: by signal. n_samples: the fewest of a snapshot. healthy [T]: when
    the run was in lasting health.
    """

    outcome: Outcome | None
    onset_round: int | None
    converged_round: int | None
    severity: float | None
    evidence: str
    limits: str
    rounds: npt.NDArray[np.int64]
    signals: Mapping[str, npt.NDArray[np.floating]]
    fair_shares: Array
    noun: str
    bands: Mapping[str, Band]
    n_samples: int
    healthy: npt.NDArray[np.bool_]


def detect(
    rounds: npt.ArrayLike, snapshots: Iterable[npt.ArrayLike], reference: Reference
) -> Detection:
    """Rule on a run: the rounds [T] of its snapshots, and the samples [n, ...] of each.

    Snapshots are taken one at a time, so that they may come from a file larger than memory; n may
    differ between them. Raises RequestError when there are fewer than three snapshots or ten
    samples, when shapes do not fit, or when samples and reference are on two scales.
    """
    numbers = _read_rounds(rounds)
    measured: list[Signals] = []
    sizes: list[int] = []
    scales: list[Scale] = []
    for samples in snapshots:
        rows = np.asarray(samples)
        number = len(measured)
        name = f"round {numbers[number]}" if number < len(numbers) else f"snapshot {number + 1}"
        measured.append(measure_one(rows, reference, name))
        sizes.append(len(rows))
        scales.append(Scale.of(rows))
    if len(measured) != len(numbers):
        raise RequestError(f"{len(numbers)} rounds, but {len(measured)} snapshots")
    _check_scales(scales, reference)
    return rule_on(numbers, measured, min(sizes), reference)


def _check_scales(scales: Sequence[Scale], reference: Reference) -> None:
    """Few numbers a sample may be any; a model of images that are pixels makes some above 1."""
    if reference.scale is not None and prod(reference.shape) > FEW_FEATURES:
        wrong = fractions_for_pixels(scales, reference.scale)
        if wrong:
            raise RequestError(wrong)


def measure_one(samples: npt.NDArray[np.generic], reference: Reference, name: str) -> Signals:
    """The signals of one snapshot [n, ...]; RequestError, with its name, if it is unfit."""
    try:
        signals = reference.measure(samples)
    except ValueError as error:
        raise RequestError(f"{name}: {error}") from None
    if len(samples) < FEWEST_SAMPLES:
        raise RequestError(
            f"{name}: at least {FEWEST_SAMPLES} samples are needed, got {len(samples)}"
        )
    return signals


def rule_on(
    rounds: Sequence[int] | npt.NDArray[np.int64],
    measured: Sequence[Signals],
    n: int,
    reference: Reference,
) -> Detection:
    """The ruling on snapshots that are measured already, of at least n samples each."""
    signals = {name: np.stack([one[name] for one in measured]) for name in measured[0]}
    calibration = calibrate(reference.modes, n, THRESHOLDS)
    ruling = rule(rounds, signals, reference.modes, calibration=calibration)
    width = window(max(calibration.levels), len(measured))
    blind, limits = _limits(reference, calibration, width)
    undecided = ruling.outcome == "healthy" and blind > _MOST_BLIND
    return Detection(
        outcome=None if undecided else ruling.outcome,
        onset_round=ruling.onset_round,
        converged_round=None if undecided else ruling.converged_round,
        severity=None if undecided else ruling.severity,
        evidence=f"too little evidence: {limits}" if undecided else ruling.evidence,
        limits="" if undecided else limits,
        rounds=np.asarray(rounds),
        signals=signals,
        fair_shares=reference.modes.fair_shares,
        noun=reference.modes.noun,
        bands=calibration.bands,
        n_samples=n,
        healthy=health(
            Trajectory.read(rounds, signals, reference.modes),
            reference.modes,
            THRESHOLDS,
            calibration,
        )[1],
    )


def _limits(reference: Reference, calibration: Calibration, width: int) -> tuple[float, str]:
    """The part of the target whose loss so few samples cannot show, and how to say it."""
    asked = calibration.levels[width].mean_parts > 0
    blind = ~np.any(reference.modes.groups[asked] > 0, axis=0)
    share = float(reference.modes.fair_shares[blind].sum() / reference.modes.ceiling)
    if not blind.any():
        return 0.0, ""
    lost = f"{blind.sum()} of {len(blind)} {reference.modes.noun}, {share:.0%} of the target"
    return share, f"{calibration.n_samples} samples a snapshot cannot show the loss of {lost}"


def _read_rounds(rounds: npt.ArrayLike) -> npt.NDArray[np.int64]:
    numbers = np.asarray(rounds)
    if len(numbers) < THRESHOLDS.lasting:
        raise RequestError(
            f"at least {THRESHOLDS.lasting} snapshots are needed to tell what lasts, "
            f"got {len(numbers)}"
        )
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
        raise RequestError(f"rounds must be whole numbers [T], got {numbers.dtype} {numbers.shape}")
    if np.any(np.diff(numbers) <= 0):
        raise RequestError("rounds must increase from snapshot to snapshot")
    return numbers.astype(np.int64)
