"""Does a run that holds few modes keep to the same ones, or move on to others?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import (
    Array,
    Flags,
    Trajectory,
    in_places,
)

_SAMPLES_EACH: Final = 3.0
"""Samples a mode with which the next snapshot shows it again: 2.8 miss 6 % of the modes."""


@dataclass(frozen=True)
class Wandering:
    """A run that moved from modes to other modes: to its end, or until it settled at `since`."""

    to_the_end: bool
    since: int


@dataclass(frozen=True)
class Stay:
    """Snapshots `start` to `end` (exclusive, up to the next stay) spent with the same modes."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def wandering(run: Trajectory, seen: Flags, since: int, t: Thresholds) -> Wandering | None:
    """How the run wanders from the snapshot `since` on, judged where it is `seen`; None if not.

    A first stay much longer than all later ones is an earlier failure; a last one much longer than
    all earlier ones is where the run settled.
    """
    found = stays(run, [i for i in range(since, len(run)) if seen[i]], t)
    if len(found) > t.moves:
        if _outlasts(found[-1], found[:-1], t):
            return Wandering(False, found[-1].start)
        led = _outlasts(found[0], found[1:], t)
        return Wandering(True, found[1].start if led else since)
    return Wandering(True, since) if _rotates(run, since, t) else None


def hopping(run: Trajectory, since: int, t: Thresholds) -> int | None:
    """From when on, `since` at the earliest, a single blob hops to the end; None if none does.

    It may be anywhere between modes, on none of them: most samples are near one mode at a time,
    and that is another one again and again. On its way it may be stretched, for some snapshots.
    """
    seen = np.flatnonzero(run.main[since:] >= 0) + since
    late = seen >= (since + len(run)) / 2
    if late.sum() < t.gathered * (len(run) - since) / 2:
        return None
    starts = seen[np.flatnonzero(np.diff(run.main[seen], prepend=-1))].tolist()
    found = _stays(starts, len(run))
    start = found[0].start
    if len(found) <= t.moves or _outlasts(found[-1], found[:-1], t) or _rests(found, start, t):
        return None
    return found[1].start if _outlasts(found[0], found[1:], t) else start


def touching(run: Trajectory, t: Thresholds) -> Flags:
    """Snapshots [T] at which a concentrated blob passes over a mode."""
    least = min(t.on_data, max(t.touching, t.touching_samples * _one_sample(run)))
    concentrated = 2 * run.parts.max(axis=1) >= run.quality
    return np.asarray((run.quality >= least) & concentrated)


def as_it_shows(run: Trajectory, t: Thresholds) -> Trajectory:
    """The run by its modes if snapshots show the modes that it has; else by places.

    By chance a thousand modes that have a sample each are others at every snapshot.
    """
    samples = run.quality / _one_sample(run)
    each = np.median(samples[run.modes > 0] / run.modes[run.modes > 0]) if run.modes.any() else 0.0
    return run if each >= _SAMPLES_EACH else in_places(run, t.held_share)


def _one_sample(run: Trajectory) -> float:
    """What a sample weighs: no share is finer, so the smallest one seen bounds it."""
    positive = run.parts[run.parts > 0]
    return float(positive.min()) if len(positive) else 1.0


def stays(run: Trajectory, seen: Sequence[int], t: Thresholds) -> list[Stay]:
    """Split the run into stays by what is at modes at the snapshots `seen`.

    A stay ends once more than `moved` of what it had so far is at modes that are held no longer.
    Modes that are won do not end a stay, nor do snapshots in between that are off the data.
    """
    starts: list[int] = []
    had: Array = np.zeros(run.n_modes)
    for i in seen:
        has = run.parts[i] / run.parts[i].sum()
        lost = had[has < t.held_share * run.fair].sum()
        if not starts or lost > t.moved * had.sum():
            starts.append(i)
            had = np.zeros(run.n_modes)
        had = had + has
    return _stays(starts, len(run))


def _stays(starts: list[int], length: int) -> list[Stay]:
    """Stays that begin there, each up to the next one and the last up to the end."""
    ends = [*starts[1:], length] if starts else []
    return [Stay(start, end) for start, end in zip(starts, ends, strict=True)]


def _outlasts(stay: Stay, others: Sequence[Stay], t: Thresholds) -> bool:
    """Does a stay last, and far longer than any of the others?"""
    return len(stay) >= t.lasting and len(stay) > t.settled * max(map(len, others))


def _rests(found: Sequence[Stay], since: int, t: Thresholds) -> bool:
    """Is it with the same modes for most of the second half of the time from `since` on?"""
    middle = (since + found[-1].end) / 2
    return sum(stay.start >= middle for stay in found) < t.moves


def _rotates(run: Trajectory, since: int, t: Thresholds) -> bool:
    """Do all modes come and go (too few at a time, all on average) in the last two quarters?"""
    quarter = (len(run) - since) // 4
    few = np.median(run.modes[since:]) < t.held_modes * run.n_modes
    if quarter < t.lasting or not few:
        return False
    halves = run.parts[-2 * quarter : -quarter], run.parts[-quarter:]
    return all(bool(np.all(half.mean(axis=0) >= t.rotating * run.fair)) for half in halves)
