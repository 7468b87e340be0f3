"""Is a run lost to infinity, and since when?"""

from __future__ import annotations

import numpy as np

from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import Array, Trajectory, tail_start


def diverged_from(run: Trajectory, t: Thresholds) -> int | None:
    """The snapshot from which on samples are not finite, or grow without bound, to the end.

    None if they do not. Non-finite weights do not heal, so one non-finite last snapshot suffices;
    growth has to last, and to carry most samples away (a few strays do not make a divergence).
    """
    gone = ~run.finite | ((run.scale > t.far) & (run.quality < t.coverage))
    start = tail_start(gone)
    if start == len(run):
        return None
    if run.finite[-1] and not _grows(run.scale[start:][run.finite[start:]], t):
        return None
    while start and t.off_scale < run.scale[start - 1] and _rises(run, start):
        start -= 1
    return start


def _rises(run: Trajectory, index: int) -> bool:
    """Did the scale rise into the snapshot (or beyond what is finite)?"""
    return bool(not run.finite[index] or run.scale[index - 1] < run.scale[index])


def _grows(scale: Array, t: Thresholds) -> bool:
    """Has a scale [s] that is far off grown up to the end without a sign of stopping?"""
    if len(scale) < t.lasting:
        return False
    _, middle, last = (float(np.median(part)) for part in np.array_split(scale, 3))
    return last > t.runaway or last > t.growth * middle
