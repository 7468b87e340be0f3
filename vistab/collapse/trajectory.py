"""A run's signals over its snapshots: read, cleaned and smoothed, with no ruling in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vistab.collapse.signals import NOWHERE, SIGNALS
from vistab.targets.base import Modes

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Shown:
    """What there is to see of a perfect sampler at a snapshot: number of modes, balanced coverage.

    All modes and 1; fewer, and on average, where there are more modes than samples to show them.
    """

    modes: float
    coverage: float


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Stored signals of one run with T snapshots; what was not finite counts as off the data.

    rounds [T]; finite [T]; coverage, modes, quality, spread, scale [T]; parts [T, m], which sum to
    quality, and the same of a perfect sampler: fair [m], which sums to 1; groups [g, m] of modes,
    and places [p, m] if snapshots cannot show all modes. main [T]: index of the mode that most
    samples are near, -1 if there is none or it was not measured. noun: what to call modes. shown:
    what a perfect sampler shows.
    """

    rounds: npt.NDArray[np.int64]
    finite: Flags
    coverage: Array
    modes: Array
    quality: Array
    spread: Array
    scale: Array
    parts: Array
    fair: Array
    groups: Array
    places: Array | None
    main: Index
    noun: str
    shown: Shown

    def __len__(self) -> int:
        return len(self.rounds)

    @classmethod
    def read(
        cls,
        rounds: npt.ArrayLike,
        signals: Mapping[str, npt.ArrayLike],
        modes: Modes,
        shown: Shown | None = None,
    ) -> Trajectory:
        """Read what `measure` left of each snapshot; `shown` is all if it is not given.

        Raises ValueError when there is no snapshot or shapes do not fit.
        """
        numbers = np.asarray(rounds, dtype=np.int64)
        values = {name: np.asarray(signals[name], dtype=float) for name in SIGNALS}
        shares = np.asarray(signals["mode_shares"], dtype=float)
        shapes = {value.shape for value in values.values()} | {numbers.shape}
        if shapes != {(len(numbers),)} or shares.shape != (len(numbers), modes.count):
            raise ValueError(f"signals must be [T] and [T, {modes.count}] for T rounds")
        if not len(numbers):
            raise ValueError("a run without snapshots cannot be ruled on")
        finite = np.isfinite(shares).all(axis=1) & np.all(
            [np.isfinite(value) for value in values.values()], axis=0
        )
        coverage, held, quality, spread, scale = (
            np.where(finite, values[name], 0.0) for name in SIGNALS
        )
        parts = np.where(finite[:, None], shares, 0.0) / modes.ceiling
        fair = modes.fair_shares / modes.ceiling
        return cls(
            numbers,
            finite,
            coverage,
            held,
            quality,
            spread,
            scale,
            parts,
            fair,
            modes.groups,
            modes.places,
            _main(signals.get("main_mode"), finite),
            modes.noun,
            shown or Shown(modes.count, 1.0),
        )

    @property
    def n_modes(self) -> int:
        """The number m of the target's modes."""
        return len(self.fair)


def _main(stored: npt.ArrayLike | None, finite: Flags) -> Index:
    """The main mode [T]; nowhere where it is not known."""
    if stored is None:
        return np.full(len(finite), NOWHERE)
    return np.where(finite, stored, NOWHERE).astype(np.intp)


def in_places(run: Trajectory, held_share: float) -> Trajectory:
    """The run with places for its modes; itself if snapshots can show every mode.

    Each mode is split evenly between its places. A place is held with this part of its fair share.
    """
    if run.places is None:
        return run
    split = (run.places / run.places.sum(axis=0)).T
    parts, fair = run.parts @ split, run.fair @ split
    held = np.sum(parts >= held_share * fair, axis=1).astype(float)
    alone, shown = np.eye(len(fair)), Shown(len(fair), 1.0)
    return replace(run, modes=held, parts=parts, fair=fair, groups=alone, places=None, shown=shown)


def running_median(values: Array, width: int) -> Array:
    """Median of values [T, ...] over the `width` (odd) snapshots around each.

    Spells shorter than half the width vanish, longer ones keep their edges.
    """
    return _around(np.asarray(np.median(_windows(values, width), axis=-1)), len(values))


def running_mean(values: Array, width: int) -> Array:
    """Mean of values [T, ...] over the `width` (odd) snapshots around each."""
    return _around(np.asarray(np.mean(_windows(values, width), axis=-1)), len(values))


def _windows(values: Array, width: int) -> Array:
    """All full windows [T - width + 1, ..., width]; narrower ones, but odd, if T is too small."""
    return np.lib.stride_tricks.sliding_window_view(values, window(width, len(values)), axis=0)


def window(width: int, length: int) -> int:
    """The width (odd) of windows over so many snapshots: no more than there are, and odd too."""
    return min(width, length - 1 + length % 2)  # the median of an even number averages two


def _around(values: Array, length: int) -> Array:
    """What belongs to each of `length` snapshots: its own window, or the nearest full one."""
    margin = (length - len(values)) // 2
    return np.asarray(values[np.clip(np.arange(length) - margin, 0, len(values) - 1)])


def lasting_states(flags: Flags, patience: int) -> Flags:
    """Flags [T] that turn only for spells of at least `patience` snapshots; False at first."""
    state, result = False, np.empty_like(flags)
    for start, end in spells(flags):
        state = bool(flags[start]) if end - start >= patience else state
        result[start:end] = state
    return result


def spells(flags: Flags) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each longest stretch of equal flags, in order."""
    edges = [0, *(np.flatnonzero(flags[1:] != flags[:-1]) + 1).tolist(), len(flags)]
    return list(pairwise(edges))


def tail_start(flags: Flags) -> int:
    """Where the last stretch of True begins; the length of flags if the last is False."""
    false = np.flatnonzero(~flags)
    return int(false[-1]) + 1 if len(false) else 0


def first(flags: Flags, start: int = 0) -> int:
    """The first index from `start` on where flags is True; `start` itself if there is none."""
    found = np.flatnonzero(flags[start:])
    return start + int(found[0]) if len(found) else start
