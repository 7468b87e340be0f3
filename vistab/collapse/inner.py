"""Failures inside a model that its samples need not show: idle latents, lost components.

Each is read off a list column that some families keep. A number that is not finite counts as
failing: nothing shows that it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.collapse.ruling import Ruling
from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import (
    Array,
    Flags,
    Trajectory,
    first,
    lasting_states,
    running_median,
    tail_start,
)
from vistab.spec.outcomes import Outcome
from vistab.targets.base import Modes


def inner_failure(
    run: Trajectory, columns: Mapping[str, npt.ArrayLike], modes: Modes, t: Thresholds
) -> Ruling | None:
    """The first failure, in the order of `FAILURES`, that lasts to the end; None without any.

    columns: any of `latent_kl` [T, l], `component_thinness` and `component_weights` [T, k].
    Raises ValueError when their shapes do not fit.
    """
    for outcome, (column, lost, words) in FAILURES.items():
        if column not in columns:
            continue
        values = _read(columns[column], column, len(run))
        share = lost(values, modes, t)
        since = _lasting_since(share > 0, t)
        if since is not None:
            severity, onset = float(np.median(share[since:])), int(run.rounds[since])
            said = f"{words(values[since:], modes, t)} from round {onset} on"
            return Ruling(outcome, onset, None, severity, said)
    return None


def idle(latent_kl: Array, modes: Modes, t: Thresholds) -> Array:
    """How many [T] latent dimensions are missing, over how many the target needs.

    It needs as many as it spreads in, but no more than there are: KL [T, l].
    """
    needed = _needed(latent_kl, modes)
    return np.asarray(np.maximum(1 - np.sum(latent_kl >= t.active_kl, axis=1) / needed, 0))


def singular(thinness: Array, modes: Modes, t: Thresholds) -> Array:
    """Share [T] of components of which little but the covariance floor is left: [T, k].

    All 0 where the target is flat itself: what fits it is as thin as the floor, and rightly so.
    """
    if modes.flat:
        return np.zeros(len(thinness))
    return np.asarray(np.mean(~(thinness >= t.singular), axis=1))


def dead(weights: Array, modes: Modes, t: Thresholds) -> Array:
    """Share [T] of components with hardly any of the data: weights [T, k]."""
    return np.asarray(np.mean(~(weights >= t.dead_share / weights.shape[1]), axis=1))


def _say_idle(latent_kl: Array, modes: Modes, t: Thresholds) -> str:
    size, needed = latent_kl.shape[1], _needed(latent_kl, modes)
    number = round(float(np.median(np.sum(~(latent_kl >= t.active_kl), axis=1))))
    enough = f" (the target needs {needed} that do not)" if needed < size else ""
    carry = "carries" if number == 1 else "carry"
    return f"{number} of {size} latent dimensions {carry} less than {t.active_kl:g} nats{enough}"


def _say_singular(thinness: Array, modes: Modes, t: Thresholds) -> str:
    return f"{_components(singular(thinness, modes, t), thinness)} shrunk to next to nothing"


def _say_dead(weights: Array, modes: Modes, t: Thresholds) -> str:
    who = _components(dead(weights, modes, t), weights)
    return f"{who} less than {t.dead_share:.0%} of a fair share of the data"


def _components(share: Array, values: Array) -> str:
    """`2 of 8 components have`."""
    size = values.shape[1]
    number = round(float(np.median(share)) * size)
    return f"{number} of {size} components {'has' if number == 1 else 'have'}"


Lost = Callable[[Array, Modes, Thresholds], Array]
Words = Callable[[Array, Modes, Thresholds], str]

FAILURES: Final[Mapping[Outcome, tuple[str, Lost, Words]]] = {
    "posterior_collapse": ("latent_kl", idle, _say_idle),
    "singular_components": ("component_thinness", singular, _say_singular),
    "dead_components": ("component_weights", dead, _say_dead),
}
"""By outcome: its column; the share [T] that is lost, 0 where nothing is; and how to say it."""


def _needed(latent_kl: Array, modes: Modes) -> int:
    return min(int(latent_kl.shape[1]), modes.effective_dimension)


def _read(column: npt.ArrayLike, name: str, length: int) -> Array:
    values = np.asarray(column, dtype=float)
    if values.ndim != 2 or len(values) != length or not values.shape[1]:
        raise ValueError(f"{name} must be [T, ...] for T = {length} rounds, got {values.shape}")
    return values


def _lasting_since(failing: Flags, t: Thresholds) -> int | None:
    """The first snapshot of a failure that lasts to the end, by medians over 5; None if none."""
    typical = running_median(failing.astype(float), 2 * t.lasting - 1) > 0.5
    lasting = lasting_states(typical, min(t.lasting, len(failing)))
    return first(failing, tail_start(lasting)) if lasting[-1] else None
