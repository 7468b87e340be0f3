"""What became of a trained run: an exact rule on known modes and many samples.

Written from the definitions alone, with nothing of the detector. A run is left out if its outcome
changes when the rule's own numbers are moved.

A blob that hops need touch no mode. Such a run oscillates by the cells of the modes: late, two
thirds of the samples are mostly nearest to one mode, which changes from snapshot to snapshot to the
end, and at least four different ones take turns. Late is the second half, of all or since health
ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import chi2

from vistab.targets import KnownModes

WITHIN = 0.99  # of a mode's own samples lie within the radius that counts as on it


@dataclass(frozen=True)
class Seen:
    """One snapshot. parts [m]: share of samples on each mode, over its fair share.

    near [m]: share of samples for which the mode is the nearest. variety: deviation within modes
    over the target's (geometric mean over directions, median over modes). scale: rms distance from
    the target's mean over the target's own; not finite if a sample is not.
    """

    parts: np.ndarray
    near: np.ndarray
    on_data: float
    variety: float
    scale: float


@dataclass(frozen=True)
class Numbers:
    """share: part of its fair share that a mode keeps. quality: share of samples on modes.

    variety: see `Seen`. lasting: snapshots. moved: part of the samples that changed modes.
    gathered: share of samples nearest to one mode that a blob in its cell has; reach: its greatest
    scale, as in `Seen`; farther off no mode is near. mostly: part of the late snapshots that show
    it so. changing: part of these that find it in another cell than the one before. different:
    cells among them.
    """

    share: float = 1 / 4
    quality: float = 1 / 2
    variety: float = 0.3
    lasting: int = 3
    moved: float = 1 / 2
    gathered: float = 2 / 3
    reach: float = 2.0
    mostly: float = 1 / 2
    changing: float = 0.4
    different: int = 4


EXACT = Numbers()
MOVED = [
    *(Numbers(*number) for number in product((1 / 5, 1 / 3), (0.4, 0.6), (0.2, 0.4))),
    *(Numbers(lasting=2), Numbers(lasting=5), Numbers(moved=0.35), Numbers(moved=0.65)),
    *(Numbers(gathered=0.6), Numbers(gathered=0.75), Numbers(reach=1.5), Numbers(reach=3)),
    *(Numbers(mostly=0.4), Numbers(mostly=0.6)),
    *(Numbers(changing=0.1, different=2), Numbers(changing=0.5)),
]
CLEAR_ONSET = 2  # snapshots that an onset may move with the numbers


def seen(samples: np.ndarray, modes: KnownModes) -> Seen:
    """Look at one snapshot [n, d]."""
    m = modes.count
    if not np.isfinite(samples).all():
        return Seen(np.zeros(m), np.zeros(m), 0.0, 0.0, np.inf)
    rows = samples.astype(float)
    distances = cdist(rows, modes.centres)
    nearest = distances.argmin(axis=1)
    radius = modes.std * np.sqrt(chi2.ppf(WITHIN, modes.dimension))
    on = distances.min(axis=1) <= radius
    shares = np.bincount(nearest[on], minlength=m) / len(rows)
    varieties = [_variety(rows[on & (nearest == i)], modes) for i in range(m)]
    return Seen(
        parts=shares / (WITHIN * modes.weights),
        near=np.bincount(nearest, minlength=m) / len(rows),
        on_data=float(on.mean()),
        variety=float(np.median([v for v in varieties if v is not None] or [0.0])),
        scale=float(np.sqrt(np.mean(np.sum((rows - modes.mean) ** 2, axis=1))) / modes.rms),
    )


def _variety(own: np.ndarray, modes: KnownModes) -> float | None:
    """Of the samples [s, d] on one mode; None for too few of them."""
    if len(own) < 5 * modes.dimension:
        return None
    variances = np.linalg.eigvalsh(np.cov(own.T))
    return float(np.exp(np.mean(np.log(np.maximum(variances, 1e-30)))) ** 0.5 / modes.std)


def label(run: Sequence[Seen], modes: KnownModes) -> tuple[str | None, int | None]:
    """Outcome, and index of the onset; no outcome if it hangs by a number, or is none of the five.

    The onset is left out if it does.
    """
    outcome, onset = _label(run, EXACT)
    others = [_label(run, numbers) for numbers in MOVED]
    if any(other != outcome for other, _ in others):
        return None, None
    onsets = [found for _, found in others if found is not None]
    unclear = onset is None or any(abs(found - onset) > CLEAR_ONSET for found in onsets)
    return outcome, None if unclear else onset


def _label(run: Sequence[Seen], by: Numbers) -> tuple[str | None, int | None]:
    """By these numbers."""
    finite = np.array([np.isfinite(s.scale) for s in run])
    if not finite[-by.lasting :].any():
        return "diverged", _start(~finite)
    scale = np.array([s.scale for s in run])
    if _grows(scale):
        return "diverged", _start(scale > 2)
    sound = np.array([is_sound(s, by) for s in run])
    healthy = _without_short_spells(sound, by.lasting)
    if healthy[-1]:
        return "healthy", None
    found = _by_modes(run, by, sound, healthy)
    ended = _start(~healthy) if healthy.any() else 0
    hops = _hopping(run[ended:], by)
    if found[0] not in ("stalled", None) or hops is None:
        return found
    return "oscillating", ended + hops


def _by_modes(
    run: Sequence[Seen], by: Numbers, sound: np.ndarray, healthy: np.ndarray
) -> tuple[str | None, int | None]:
    """Of a run that is finite and not healthy at its end: by what is on the modes."""
    on_data = np.array([s.on_data for s in run])
    moves = _moves(run, by)
    if np.sum(on_data >= by.quality / 2) < 2:  # what only brushed the data, and moved, is debatable
        return ("stalled", None) if not moves or on_data.max() < by.quality / 10 else (None, None)
    here = _without_short_spells((on_data >= by.quality) & ~sound, by.lasting)
    onset = _start(~healthy) if healthy.any() else int(np.argmax(on_data >= by.quality / 2))
    moves, left = _moves(run[onset:], by), len(run) - onset
    if len(moves) >= 3 and left - moves[-1] <= left / 2:
        return "oscillating", onset
    arrived = _start(here)
    gone = healthy.any() and arrived > onset + CLEAR_ONSET  # left the data for a while: no name
    stays = here[-1] and not gone and not _moves(run[arrived:], by)
    return ("mode_collapse", arrived) if stays else (None, None)


def is_sound(s: Seen, by: Numbers) -> bool:
    """Is this snapshot healthy: all modes held, most samples on them, and varied?"""
    return bool(s.parts.min() >= by.share and s.on_data >= by.quality and s.variety >= by.variety)


def _grows(scale: np.ndarray) -> bool:
    """Far off at the end, and farther in each quarter of the second half than before."""
    parts = [part.mean() for part in np.array_split(scale[len(scale) // 2 :], 4)]
    return bool(scale[-1] > 10 and np.all(np.diff(parts) > 0))


def _start(flags: np.ndarray) -> int:
    """Where the last stretch of True begins, which reaches to the end."""
    return int(np.flatnonzero(~flags)[-1]) + 1 if not flags.all() else 0


def _without_short_spells(flags: np.ndarray, lasting: int) -> np.ndarray:
    """The state that has lasted so many snapshots, held until another one does; False at first."""
    result, state = np.zeros_like(flags), False
    edges = [0, *(np.flatnonzero(np.diff(flags)) + 1), len(flags)]
    for start, end in pairwise(edges):
        state = bool(flags[start]) if end - start >= lasting else state
        result[start:end] = state
    return result


def _moves(run: Sequence[Seen], by: Numbers) -> list[int]:
    """Snapshots at which more than `moved` of the samples are at other modes than at first."""
    anchor, found = run[0].near, []
    for t, s in enumerate(run):
        if np.minimum(anchor, s.near).sum() < 1 - by.moved:
            found.append(t)
            anchor = s.near
    return found


def _hopping(run: Sequence[Seen], by: Numbers) -> int | None:
    """The snapshot from which on a blob hops from cell to cell; None if none does to the end."""
    cell = np.array([s.near.argmax() if _gathered(s, by) else -1 for s in run])
    seen = np.flatnonzero(cell >= 0)
    hops = np.diff(cell[seen]) != 0
    late = seen >= len(run) // 2
    parts = np.array_split(hops[late[1:]], 2)
    if late.sum() < by.mostly * (len(run) - len(run) // 2) or not all(map(len, parts)):
        return None
    enough = len(np.unique(cell[seen[late]])) >= by.different
    to_the_end = all(part.mean() >= by.changing for part in parts)
    return int(seen[np.argmax(hops)]) if enough and to_the_end else None


def _gathered(s: Seen, by: Numbers) -> bool:
    """Are most samples in the cell of one mode, and not far off?"""
    return bool(s.near.max() >= by.gathered and s.scale <= by.reach)
