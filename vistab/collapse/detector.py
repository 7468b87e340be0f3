"""The ruling on a run: what failed, when, and how badly, from stored signals alone.

docs/detector.md states the rules in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.collapse import evidence
from vistab.collapse.divergence import diverged_from
from vistab.collapse.inner import inner_failure
from vistab.collapse.ruling import Ruling
from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import (
    Array,
    Flags,
    Trajectory,
    first,
    lasting_states,
    running_mean,
    running_median,
    tail_start,
)
from vistab.collapse.wandering import Wandering, touching, wandering
from vistab.spec.outcomes import Outcome
from vistab.targets.base import Modes

__all__ = ["THRESHOLDS", "Outcome", "Ruling", "rule"]

THRESHOLDS: Final = Thresholds()


def rule(
    rounds: npt.ArrayLike,
    signals: Mapping[str, npt.ArrayLike],
    modes: Modes,
    thresholds: Thresholds = THRESHOLDS,
) -> Ruling:
    """Rule on one run from its T snapshots: rounds [T], and `measure`'s signals [T] and [T, m].

    Columns that only some families keep are read too, where they are there (`inner_failure`).
    Pure: the same signals always give the same ruling. Raises ValueError without any snapshot or
    when shapes do not fit.
    """
    run = Trajectory.read(rounds, signals, modes)
    diverged = diverged_from(run, thresholds)
    if diverged is not None:
        words = evidence.diverged(run, diverged)
        return Ruling("diverged", int(run.rounds[diverged]), None, 1.0, words)
    inner = inner_failure(run, signals, modes, thresholds)
    if inner is not None:
        return inner
    now = _healthy_snapshots(run, thresholds)
    lasting = _lasting_health(run, thresholds)
    if lasting[-1] or _arrives_last(run, now, thresholds):
        return _healthy(run, now, lasting)
    return _failed(run, now, lasting, thresholds)


def _healthy_snapshots(run: Trajectory, t: Thresholds, width: int = 1) -> Flags:
    """Snapshots [T] that are healthy by medians over `width` snapshots around each.

    Every mode is held in the median, and on average too, so that one which flickers below what it
    should have is not held by luck; and the typical snapshot holds most modes at a time.
    """

    def typical(values: Array) -> Array:
        return running_median(values, width)

    parts = np.minimum(typical(run.parts), running_mean(run.parts, width))
    every_mode = np.all(parts >= t.held_share * run.fair, axis=1)
    most_modes = typical(run.modes) >= t.held_modes * run.n_modes
    in_place = typical(run.coverage) >= t.coverage
    varied = typical(run.spread) >= t.spread
    return np.asarray(every_mode & most_modes & in_place & varied)


def _lasting_health(run: Trajectory, t: Thresholds) -> Flags:
    """The state [T] of the run: spells too short to last belong to what was before them."""
    smoothed = _healthy_snapshots(run, t, width=2 * t.lasting - 1)
    return lasting_states(smoothed, min(t.lasting, len(run)))


def _arrives_last(run: Trajectory, now: Flags, t: Thresholds) -> bool:
    """Does a run that was off the data get healthy in its last snapshots, too few to last?"""
    before = run.quality[: tail_start(now)] >= t.on_data
    return bool(now[-1]) and int(before.sum()) < t.lasting


def _healthy(run: Trajectory, now: Flags, lasting: Flags) -> Ruling:
    converged = first(now, _last_change(lasting)) if lasting[-1] else None
    last_quarter = run.coverage[-max(1, len(run) // 4) :]
    words = evidence.healthy(run, now, lasting, converged)
    round_ = None if converged is None else int(run.rounds[converged])
    return Ruling("healthy", None, round_, _severity(last_quarter), words)


def _failed(run: Trajectory, now: Flags, lasting: Flags, t: Thresholds) -> Ruling:
    """Rule on a run that is finite and not healthy at its end."""
    was_healthy = bool(lasting.any())
    seen = (run.quality >= t.on_data) | touching(run, t)
    since = first(~now, _last_change(lasting)) if was_healthy else first(seen & ~now)
    moves = wandering(run, seen, since, t)
    if moves is not None and moves.to_the_end:
        onset = moves.since if was_healthy else _hidden_start(seen, moves.since)
        return _lasting_failure("oscillating", run, onset, evidence.oscillating(run, onset, t))
    if not _reached(run, t):
        return Ruling("stalled", None, None, 1.0, evidence.stalled(run))
    onset = _collapse_onset(run, now, since if was_healthy else None, moves, t)
    return _lasting_failure("mode_collapse", run, onset, evidence.collapsed(run, onset, t))


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
    held = run.parts[on_data][-max(1, int(on_data.sum()) // 4) :].mean(axis=0)
    return bool(mostly or np.any(held < t.held_share * run.fair * held.sum()))


def _last_change(states: Flags) -> int:
    """Where the last stretch of equal states begins."""
    return tail_start(states == states[-1])


def _lasting_failure(outcome: Outcome, run: Trajectory, onset: int, words: str) -> Ruling:
    return Ruling(outcome, int(run.rounds[onset]), None, _severity(run.coverage[onset:]), words)


def _severity(coverage: Array) -> float:
    """1 - median balanced coverage, kept in [0, 1] against rounding."""
    return min(max(1 - float(np.median(coverage)), 0.0), 1.0)
