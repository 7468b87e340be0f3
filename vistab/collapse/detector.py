"""The ruling on a run: what failed, when, and how badly, from stored signals alone.

docs/detector.md states the rules in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.collapse import evidence, severity
from vistab.collapse.calibration import Calibration, Levels, uncalibrated
from vistab.collapse.divergence import diverged_from
from vistab.collapse.inner import inner_failure
from vistab.collapse.ruling import Ruling
from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import (
    Array,
    Flags,
    Trajectory,
    first,
    in_places,
    lasting_states,
    running_mean,
    running_median,
    tail_start,
    window,
)
from vistab.collapse.wandering import Wandering, as_it_shows, hopping, touching, wandering
from vistab.spec.outcomes import Outcome
from vistab.targets.base import Modes

__all__ = ["THRESHOLDS", "Outcome", "Ruling", "rule"]

THRESHOLDS: Final = Thresholds()


def rule(
    rounds: npt.ArrayLike,
    signals: Mapping[str, npt.ArrayLike],
    modes: Modes,
    thresholds: Thresholds = THRESHOLDS,
    calibration: Calibration | None = None,
) -> Ruling:
    """Rule on one run from its T snapshots: rounds [T], and `measure`'s signals [T] and [T, m].

    calibration: made for the size of the snapshots, by `calibrate`; without one the thresholds are
    taken as they are, which suits hundreds of samples a mode.
    Columns that only some families keep are read too, where they are there (`inner_failure`).
    Pure: the same signals always give the same ruling. Raises ValueError without any snapshot or
    when shapes do not fit.
    """
    shown = None if calibration is None else calibration.shown
    run = Trajectory.read(rounds, signals, modes, shown)
    diverged = diverged_from(run, thresholds)
    if diverged is not None:
        words = evidence.diverged(run, diverged)
        return Ruling("diverged", int(run.rounds[diverged]), None, 1.0, words)
    inner = inner_failure(run, signals, modes, thresholds)
    if inner is not None:
        return inner
    now, lasting = health(run, modes, thresholds, calibration)
    if lasting[-1] or _arrives_last(run, now, thresholds):
        covered = 1.0 if calibration is None else calibration.covered
        return _healthy(run, now, lasting, severity.of_health(run, thresholds, covered))
    return _failed(run, now, lasting, thresholds)


def health(
    run: Trajectory, modes: Modes, t: Thresholds, calibration: Calibration | None
) -> tuple[Flags, Flags]:
    """Which snapshots [T] are healthy by themselves, and in which the run is, lastingly."""
    asked = uncalibrated(modes, t)
    levels = {} if calibration is None else calibration.levels
    width = window(2 * t.lasting - 1, len(run))
    smoothed = healthy_snapshots(run, levels.get(width, asked), width)
    now = healthy_snapshots(run, levels.get(1, asked), 1)
    return now, lasting_states(smoothed, min(t.lasting, len(run)))


def healthy_snapshots(run: Trajectory, least: Levels, width: int = 1) -> Flags:
    """Snapshots [T] that are healthy by medians over `width` snapshots around each.

    Every group of modes is held in the median, and on average too, so that one which flickers below
    what it should have is not held by luck; and the typical snapshot holds most modes at a time.
    """

    def typical(values: Array) -> Array:
        return running_median(values, width)

    groups = run.parts @ run.groups.T
    held = typical(groups) >= least.median_parts
    held &= running_mean(groups, width) >= least.mean_parts
    most_modes = typical(run.modes) >= least.modes_at(typical(run.quality))
    in_place = typical(run.coverage) >= least.coverage
    varied = typical(run.spread) >= least.spread
    return np.asarray(held.all(axis=1) & most_modes & in_place & varied)


def _arrives_last(run: Trajectory, now: Flags, t: Thresholds) -> bool:
    """Does a run that was off the data get healthy in its last snapshots, too few to last?"""
    start = tail_start(now)
    before = run.quality[:start] >= t.on_data
    return 0 < len(run) - start < t.lasting and int(before.sum()) < t.lasting


def _healthy(run: Trajectory, now: Flags, lasting: Flags, missing: float) -> Ruling:
    converged = first(now, _last_change(lasting)) if lasting[-1] else None
    words = evidence.healthy(run, now, lasting, converged)
    round_ = None if converged is None else int(run.rounds[converged])
    return Ruling("healthy", None, round_, missing, words)


def _failed(run: Trajectory, now: Flags, lasting: Flags, t: Thresholds) -> Ruling:
    """Rule on a run that is finite and not healthy at its end."""
    was_healthy = bool(lasting.any())
    seen = (run.quality >= t.on_data) | touching(run, t)
    since = _edge(~now, _last_change(lasting), t) if was_healthy else first(seen & ~now)
    moves = wandering(as_it_shows(run, t), seen, since, t)
    if moves is not None and moves.to_the_end:
        onset = moves.since if was_healthy else _hidden_start(seen, moves.since)
        return _lasting("oscillating", run, onset, t, evidence.oscillating(run, onset, t))
    hops = hopping(run, since if was_healthy else 0, t)
    if hops is not None:
        onset = since if was_healthy and hops - since < t.lasting else hops
        return _lasting("oscillating", run, onset, t, evidence.hopping(run, onset))
    if not _reached(run, t):
        return Ruling("stalled", None, None, 1.0, evidence.stalled(run))
    onset = _collapse_onset(run, now, since if was_healthy else None, moves, t)
    return _lasting("mode_collapse", run, onset, t, evidence.collapsed(run, onset, t))


def _edge(failing: Flags, start: int, t: Thresholds) -> int:
    """The first failing snapshot from where the smoothed state turned; that place if none shows.

    With few samples a single snapshot often looks healthy all the same.
    """
    near = failing[start : start + t.lasting]
    return start + int(np.argmax(near))


def _collapse_onset(
    run: Trajectory, now: Flags, since: int | None, moves: Wandering | None, t: Thresholds
) -> int:
    """From when on the same modes are missing: after wandering, after health, or on arrival."""
    if moves is not None:
        return moves.since
    if since is not None:
        return since
    arrived = lasting_states(
        running_median(run.quality, 2 * t.lasting - 1) >= t.on_data, min(t.lasting, len(run))
    )
    return first((run.quality >= t.on_data) & ~now, int(np.argmax(arrived)))


def _hidden_start(seen: Flags, since: int) -> int:
    """The first snapshot, if the run was unseen before `since` no longer than it often is after."""
    gaps = np.diff(np.flatnonzero(seen))
    return 0 if len(gaps) and since <= gaps.max() else since


def _reached(run: Trajectory, t: Thresholds) -> bool:
    """Was the run ever on the data, and not only thinly scattered over all of it?"""
    on_data = run.quality >= t.on_data
    enough = min(t.reached, len(run))
    if on_data.sum() < enough:
        return False
    mostly = np.sum(run.quality >= t.coverage) >= enough
    where = in_places(run, t.held_share)
    held = where.parts[on_data][-max(1, int(on_data.sum()) // 4) :].mean(axis=0)
    return bool(mostly or np.any(held < t.held_share * where.fair * held.sum()))


def _last_change(states: Flags) -> int:
    """Where the last stretch of equal states begins."""
    return tail_start(states == states[-1])


def _lasting(outcome: Outcome, run: Trajectory, onset: int, t: Thresholds, words: str) -> Ruling:
    missing = severity.of_failure(run, onset, t, wanders=outcome == "oscillating")
    return Ruling(outcome, int(run.rounds[onset]), None, missing, words)
