"""What each part of the detector adds, and what others' measures would add: tuning cases alone.

Parts are taken away one at a time; others' measures become one more condition of a healthy
snapshot. Both on the same cases, of data alone and at most 500 samples a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from unittest.mock import patch

import numpy as np

from benchmark import image_gans
from benchmark.cases import Case, Run, cases, run_of
from benchmark.conditions import NAMES, Conditions
from benchmark.results import Result, each
from benchmark.targets import reference, reference_data
from vistab.collapse.calibration import calibrate
from vistab.collapse.detect import Detection, rule_on
from vistab.collapse.detector import THRESHOLDS, healthy_snapshots, rule
from vistab.collapse.reference import Reference
from vistab.collapse.ruling import Ruling
from vistab.collapse.signals import Signals
from vistab.collapse.trajectory import Trajectory
from vistab.targets import clusters
from vistab.targets.bins import DataBins
from vistab.targets.repeats import copied

FULL = "the detector"
MOST = 500  # samples a snapshot

Told = tuple[str, str]
"""Target, and the seed of the data to compare with."""

Snapshots = Sequence[np.ndarray]
"""T arrays of samples [n, ...]."""

Said = Detection | Ruling


class OneByOne(DataBins):
    """Bins that are asked for one by one alone."""

    @cached_property
    def groups(self) -> np.ndarray:
        return np.eye(self.count)


class CopiesAlone(DataBins):
    """Bins whose variety counts exact copies alone."""

    def variety(self, samples: np.ndarray, spread: np.ndarray) -> np.ndarray:
        return 1 - copied(samples, self.std)


def ablated() -> list[Case]:
    """The cases that the ablation is about."""
    return [case for case in cases("tuning") if case.evidence == "data" and case.n <= MOST]


def ruled(case: Case) -> dict[str, Result]:
    """One case ruled on by each variant."""
    run, told = run_of(case), (case.target, case.reference_seed)
    snapshots = list(run.snapshots)
    found = without_parts(snapshots, told, case.n) | with_conditions(snapshots, told, case.n)
    return {name: _result(case, run, one) for name, one in found.items()}


def without_parts(snapshots: Snapshots, told: Told, n: int) -> dict[str, Said]:
    """The ruling of the detector, and with each of its parts taken away."""
    rounds, full, modes = range(len(snapshots)), measured(snapshots, _told(told)), _told(told).modes
    found: dict[str, Said] = {
        FULL: rule_on(rounds, full, n, _told(told)),
        UNCALIBRATED: rule(rounds, _columns(full), modes),
    }
    for name, make in LACKING.items():
        found[name] = rule_on(rounds, measured(snapshots, make(told)), n, make(told))
    return found


def with_conditions(snapshots: Snapshots, told: Told, n: int) -> dict[str, Said]:
    """The ruling with each of `NAMES` as a further condition of a healthy snapshot."""
    usual, failed = measured(snapshots, _told(told)), flagged(snapshots, told, n)
    rounds = range(len(snapshots))
    return {
        name: rule_on(rounds, spoilt(usual, bad), n, _told(told))
        for name, bad in zip(NAMES, failed.T, strict=True)
    }


def spoilt(usual: Sequence[Signals], failed: np.ndarray) -> list[Signals]:
    """The same signals, but that snapshots [T] which failed have no spread: none is healthy."""
    return [
        {**signals, "spread": signals["spread"] * ~bad}
        for signals, bad in zip(usual, failed, strict=True)
    ]


def flagged(snapshots: Snapshots, told: Told, n: int) -> np.ndarray:
    """Snapshots [T, len(NAMES)] that fail each condition."""
    space, conditions = _told(told).space, _conditions(told, n)
    return np.stack([conditions.failed(space(samples)) for samples in snapshots])


@dataclass(frozen=True)
class ImageRun:
    """A real run on images: how many snapshots the classifier calls healthy, and the ruling.

    since: the snapshot from which on it calls all of them healthy, if it does at the end.
    false: how many of the healthy ones the detector, and each of `NAMES`, calls unhealthy.
    """

    name: str
    snapshots: int
    healthy: int
    since: int | None
    ruling: Detection
    false: dict[str, int]


def image_run(name: str) -> ImageRun:
    """Rule on one of the trained runs on digits."""
    gan, told = image_gans.trained(name), (image_gans.TARGET, image_gans.REFERENCE)
    usual, healthy = measured(gan.samples, _told(told)), gan.healthy
    n, rounds = image_gans.KEPT, range(len(usual))
    modes = _told(told).modes
    run = Trajectory.read(rounds, _columns(usual), modes)
    own = ~healthy_snapshots(run, calibrate(modes, n, THRESHOLDS).levels[1])
    flags = np.column_stack([own, flagged(gan.samples, told, n)])[healthy]
    last = np.flatnonzero(~healthy).max(initial=-1) + 1
    return ImageRun(
        name,
        len(healthy),
        int(healthy.sum()),
        int(last) if last < len(healthy) else None,
        rule_on(rounds, usual, n, _told(told)),
        dict(zip((FULL, *NAMES), flags.sum(axis=0).tolist(), strict=True)),
    )


@dataclass(frozen=True)
class Ablation:
    """variants: results of the same cases, by variant. images: real runs on digits."""

    variants: dict[str, list[Result]]
    images: list[ImageRun]


def ablation(some: Sequence[Case], workers: int = 1) -> Ablation:
    """All variants on these cases."""
    found = each(ruled, some, workers)
    variants = {name: [one[name] for one in found] for name in found[0]}
    return Ablation(variants, [image_run(name) for name in image_gans.SETTINGS])


def measured(snapshots: Snapshots, told: Reference) -> list[Signals]:
    """The signals of each snapshot [n, ...]."""
    return [told.measure(samples) for samples in snapshots]


def _told(told: Told) -> Reference:
    return reference(told[0], "data", told[1])


@lru_cache(maxsize=4)
def _one_by_one(told: Told) -> Reference:
    return _bins_of(OneByOne, told)


@lru_cache(maxsize=4)
def _copies_alone(told: Told) -> Reference:
    return _bins_of(CopiesAlone, told)


@lru_cache(maxsize=4)
def _never_clusters(told: Told) -> Reference:
    with patch.object(clusters, "_clusters", return_value=None):
        return Reference.of_data(reference_data(*told))


UNCALIBRATED = "thresholds not calibrated by sample size"
LACKING: dict[str, Callable[[Told], Reference]] = {
    "bins one by one, not in groups": _one_by_one,
    "exact copies alone, not near ones": _copies_alone,
    "always bins, never clusters": _never_clusters,
}
PARTS = (FULL, UNCALIBRATED, *LACKING)


def _bins_of(kind: type[DataBins], told: Told) -> Reference:
    full = _told(told)
    modes = kind(full.modes.data, full.modes.centres, full.modes.noun)
    return Reference(modes, full.shape, full.space)


@lru_cache(maxsize=4)
def _conditions(told: Told, n: int) -> Conditions:
    return Conditions.of(_told(told).space(reference_data(*told)), n)


def _columns(signals: Sequence[Signals]) -> Signals:
    """One array [T, ...] of each signal."""
    return {name: np.stack([one[name] for one in signals]) for name in signals[0]}


def _result(case: Case, run: Run, found: Said) -> Result:
    said = (found.outcome, found.onset_round, found.severity, found.evidence)
    return Result(case, run.outcome, run.onset, *said, {}, 0)
