"""Rulings in words: what a reader is told of one run."""

from __future__ import annotations

import numpy as np

from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import Flags, Trajectory, in_places, spells, tail_start


def healthy(run: Trajectory, now: Flags, lasting: Flags, converged: int | None) -> str:
    """Since when the run covers the target, what failure passed, and what is too short to count."""
    if converged is None:
        start = tail_start(now)
        return f"{_covers(run, start)}, only just: too briefly to show that it lasts"
    return _covers(run, converged) + _passed(run, lasting) + _last_failing(now)


def collapsed(run: Trajectory, onset: int, t: Thresholds) -> str:
    """What the run lost: nearness to the data, modes, variety within them, or balance."""
    most = int(run.modes[:onset].max(initial=0))
    before = f"; before: up to {most}" if most > np.median(run.modes[onset:]) else ""
    if np.median(run.quality[onset:]) < t.on_data:
        return f"left the data at round {run.rounds[onset]}: {_near(run, onset)}{before}"
    return _covers(run, onset) + _but(run, onset, t) + before


def oscillating(run: Trajectory, onset: int, t: Thresholds) -> str:
    """How many modes at a time, and how many in all."""
    visited = int(np.sum(run.parts[onset:].max(axis=0) >= t.held_share * run.fair))
    return (
        f"covers {run.modes[onset:].mean():.1f} of {run.n_modes} {run.noun} at a time, "
        f"{visited} different ones from round {run.rounds[onset]} on"
    )


def hopping(run: Trajectory, onset: int) -> str:
    """Near how many modes in all, one at a time."""
    near = len(np.unique(run.main[onset:][run.main[onset:] >= 0]))
    return (
        f"hops: near one of {run.n_modes} {run.noun} at a time, "
        f"{near} different ones from round {run.rounds[onset]} on"
    )


def stalled(run: Trajectory) -> str:
    """How close to the data the run ever came."""
    best = min(1.0, float(run.quality.max()))
    return f"never reached the data: at most {best:.0%} of the samples near a mode"


def diverged(run: Trajectory, onset: int) -> str:
    """Whether samples grow, or stop being finite."""
    infinite = np.flatnonzero(~run.finite[onset:]) + onset
    gone = f"not finite from round {run.rounds[infinite[0]]} on" if len(infinite) else ""
    if not run.finite[onset]:
        return gone
    grow = f"samples grow from round {run.rounds[onset]} on, "
    grow += f"up to {run.scale[onset:].max():.3g} times the target's scale"
    return "; ".join(filter(None, [grow, gone]))


def _covers(run: Trajectory, start: int) -> str:
    held, most = np.median(run.modes[start:]), run.n_modes
    few = run.shown.modes < most
    hint = f" (a perfect sampler shows {run.shown.modes:.0f})" if few else ""
    return f"covers {held:.0f} of {most} {run.noun}{hint} from round {run.rounds[start]} on"


def _passed(run: Trajectory, lasting: Flags) -> str:
    """The last failure that came after health and did not last."""
    failures = [(a, b) for a, b in spells(lasting) if not lasting[a] and lasting[:a].any()]
    if not failures:
        return ""
    start, end = failures[-1]
    return f"; a failure from round {run.rounds[start]} on had passed by round {run.rounds[end]}"


def _last_failing(now: Flags) -> str:
    """Failing snapshots at the very end, too few to be a lasting failure."""
    number = len(now) - tail_start(~now) if not now[-1] else 0
    if not number:
        return ""
    return f"; the last {'snapshot fails' if number == 1 else f'{number} snapshots fail'}"


def _but(run: Trajectory, onset: int, t: Thresholds) -> str:
    """What is wrong where all modes are held: variety, stray samples or balance."""
    if np.median(run.modes[onset:]) < t.held_modes * run.shown.modes:
        return ""
    spread = float(np.median(run.spread[onset:]))
    if spread < t.spread:
        return f", with {spread:.0%} of their spread"
    if np.median(run.quality[onset:]) < t.coverage:
        return f", with {_near(run, onset)}"
    coverage = float(np.median(run.coverage[onset:])) / run.shown.coverage
    if coverage < t.coverage:
        return f", with {coverage:.0%} balanced coverage"
    return _groups(run, onset, t)


def _groups(run: Trajectory, onset: int, t: Thresholds) -> str:
    """Of modes that are too many to show: how many groups of them the run has on average."""
    if run.places is None:
        return ""
    where = in_places(run, t.held_share)
    held = np.sum(where.parts[onset:].mean(axis=0) >= t.held_share * where.fair)
    return f", in {held} of {where.n_modes} groups of {run.noun}"


def _near(run: Trajectory, onset: int) -> str:
    share = min(1.0, float(np.median(run.quality[onset:])))
    return f"{share:.0%} of the samples near a mode"
