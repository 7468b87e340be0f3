"""Runs on mixtures that ask for a target, a number of samples or of snapshots of their own."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from benchmark.dice import Dice
from benchmark.scenarios import Scenario, Truth

SIZE = 400  # samples a snapshot of a blob that hops beside the modes
LENGTHS = (30, 40, 60)  # snapshots of its runs
OFFSET, WIDTH = 0.35, 0.05  # from its mode, and its own, over the distance to the next mode


def loses_three_modes(d: Dice) -> Truth:
    """Three modes go, for good."""
    at, rest = d.when(), d.some(d.modes.count - 3)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(rest, width=0.8))


def loses_a_common_mode(d: Dice) -> Truth:
    """One of the most frequent modes goes, for good; the rare ones stay."""
    at, common = d.when(), np.flatnonzero(d.modes.weights == d.modes.weights.max())
    rest = d.modes.weights * (np.arange(d.modes.count) != d.rng.choice(common))
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(rest, width=0.8))


def hops_beside(d: Dice) -> Truth:
    """A blob nearest to one mode at a time and on none, near another one at each snapshot."""
    return "oscillating", 0, np.stack([_beside(d, place) for place in _places(d)])


def starts_hopping_beside(d: Dice) -> Truth:
    """Healthy, then the same: as when the rate of a good network is raised."""
    at, places = d.when(0.15, 0.5), iter(_places(d))
    return "oscillating", at, d.then(at, d.healthy, lambda: _beside(d, next(places)))


def hops_beside_with_strays(d: Dice) -> Truth:
    """A fifth of the samples lie all over the place."""

    def mostly(place: int) -> np.ndarray:
        return np.where(d.rng.random((d.n, 1)) < 0.2, d.cloud(), _beside(d, place))

    return "oscillating", 0, np.stack([mostly(place) for place in _places(d)])


def _places(d: Dice) -> np.ndarray:
    """Modes [T], at least three quarters of all: each once, in any order, and all over again."""
    most = int(d.rng.integers(-(-3 * d.modes.count // 4), d.modes.count + 1))
    visited = d.rng.choice(d.modes.count, size=most, replace=False)
    rounds = -(-d.length // most)
    return np.concatenate([d.rng.permutation(visited) for _ in range(rounds)])[: d.length]


def _beside(d: Dice, place: int) -> np.ndarray:
    """One snapshot [n, d] nearest to this mode, to no side in particular, and not on it."""
    gap = np.partition(cdist(d.modes.centres[[place]], d.modes.centres)[0], 1)[1]
    side = d.rng.normal(size=d.modes.dimension)
    centre = d.modes.centres[place] + OFFSET * gap * side / np.linalg.norm(side)
    return d.blob(centre, WIDTH * gap / d.modes.std)


HOPPING: tuple[Scenario, ...] = (hops_beside, starts_hopping_beside, hops_beside_with_strays)

SCENARIOS: tuple[Scenario, ...] = (
    *(loses_three_modes, loses_a_common_mode),
    *(hops_beside, starts_hopping_beside),
)

UNSEEN: tuple[Scenario, ...] = (hops_beside_with_strays,)
"""Kept for the held-back cases alone."""
