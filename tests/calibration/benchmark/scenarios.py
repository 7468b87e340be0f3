"""Runs on mixtures whose outcome and onset are known by construction, from easy to hard.

Nothing here looks at a trainer, nor at the detector.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmark.dice import Dice

Truth = tuple[str, int | None, np.ndarray]
"""Outcome, index of the onset's snapshot, and samples [T, n, d]."""

Scenario = Callable[[Dice], Truth]


def perfect(d: Dice) -> Truth:
    """Healthy from the first snapshot on."""
    return "healthy", None, d.then(0, d.fit, d.fit)


def arrives_late(d: Dice) -> Truth:
    """Off the data for up to 90 % of the run."""
    return "healthy", None, d.then(d.when(0.1, 0.9), d.cloud, d.healthy)


def imbalanced(d: Dice) -> Truth:
    """Half of the modes get twice their share, with strays."""
    weights = d.modes.weights * (1 + (np.arange(d.modes.count) % 2))
    return "healthy", None, d.then(d.when(), d.cloud, lambda: d.fit(weights, strays=0.1))


def strays(d: Dice) -> Truth:
    """A quarter of the samples lie between the modes."""
    return "healthy", None, d.then(d.when(), d.cloud, lambda: d.fit(width=0.6, strays=0.25))


def recovers(d: Dice) -> Truth:
    """A collapse in the middle of the run that passes for good."""
    start, length = d.when(0.2, 0.5), int(d.rng.integers(3, 12))
    few = d.some(max(1, d.modes.count // 4))
    run = [d.fit(few) if start <= t < start + length else d.healthy() for t in range(d.length)]
    return "healthy", None, np.stack(run)


def stumbles(d: Dice) -> Truth:
    """Single bad snapshots now and then, the last two among them."""
    few = d.some(max(1, d.modes.count // 2))
    bad = (d.rng.random(d.length) < 0.1) | (np.arange(d.length) >= d.length - 2)
    bad &= np.arange(d.length) % 5 > 2
    return "healthy", None, np.stack([d.fit(few) if b else d.healthy() for b in bad])


def loses_modes(d: Dice) -> Truth:
    """Healthy, then stuck with at most three quarters of the modes."""
    at, few = d.when(), d.some(int(d.rng.integers(1, 3 * d.modes.count // 4 + 1)))
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(few, width=0.8))


def loses_one_mode(d: Dice) -> Truth:
    """A single mode goes, for good."""
    at, rest = d.when(), d.some(d.modes.count - 1)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(rest, width=0.8))


def never_gets_all(d: Dice) -> Truth:
    """Arrives at some of the modes and finds no more."""
    at, few = d.when(), d.some(int(d.rng.integers(1, 3 * d.modes.count // 4 + 1)))
    return "mode_collapse", at, d.then(at, d.cloud, lambda: d.fit(few, strays=0.1))


def flickers(d: Dice) -> Truth:
    """Loses half of the modes; a snapshot in ten looks healthy all the same."""
    at, few = d.when(0.2, 0.7), d.some(d.modes.count // 2)
    lasting = lambda: d.healthy() if d.rng.random() < 0.1 else d.fit(few)  # noqa: E731
    run = d.then(at, d.healthy, lasting)
    run[at] = d.fit(few)
    return "mode_collapse", at, run


def becomes_points(d: Dice) -> Truth:
    """Keeps all modes and loses the variety within them."""
    at, width = d.when(), d.rng.uniform(0.01, 0.2)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(width=width))


def becomes_lines(d: Dice) -> Truth:
    """Keeps all modes, each as a line."""
    at, along = d.when(), np.arange(d.modes.dimension) == 0
    width = np.where(along, 1.0, 0.005)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(width=width))


def repeats_itself(d: Dice) -> Truth:
    """Knows few samples, which it gives again and again."""
    at, known = d.when(), d.fit()[: d.n // 8]
    repeated = lambda: known[d.rng.integers(len(known), size=d.n)]  # noqa: E731
    return "mode_collapse", at, d.then(at, d.healthy, repeated)


def sits_on_one(d: Dice) -> Truth:
    """A blob on one mode, somewhat wider than it, since a certain snapshot."""
    at, centre = d.when(), d.modes.centres[d.rng.integers(d.modes.count)]
    width = 1 + 1 / d.modes.dimension  # more, in many dimensions, is off the mode
    return "mode_collapse", at, d.then(at, d.cloud, lambda: d.blob(centre, width))


def wanders_then_settles(d: Dice) -> Truth:
    """Hops from mode to mode, then stays with one to the end."""
    at, places = d.when(0.3, 0.6), path(d, stay=1)
    places[at:] = places[at]
    places[at - 1] = (places[at] + 1) % d.modes.count
    return "mode_collapse", at, visits(d, places)


def path(d: Dice, stay: int) -> np.ndarray:
    """Modes [T] that a blob visits, each for some snapshots, the next one always another."""
    steps = d.rng.integers(1, d.modes.count, size=d.length).cumsum()
    return np.repeat(steps, stay)[: d.length] % d.modes.count


def visits(d: Dice, places: np.ndarray) -> np.ndarray:
    """A blob at one mode after the other."""
    return np.stack([d.blob(d.modes.centres[place], 1.0) for place in places])


def hops(d: Dice) -> Truth:
    """One mode at a time, another one at each snapshot."""
    return "oscillating", 0, visits(d, path(d, stay=1))


def wanders_slowly(d: Dice) -> Truth:
    """One mode at a time, for three to eight snapshots."""
    return "oscillating", 0, visits(d, path(d, stay=int(d.rng.integers(3, 9))))


def starts_hopping(d: Dice) -> Truth:
    """Healthy, then one mode at a time."""
    at, run = d.when(0.15, 0.7), visits(d, path(d, stay=2))
    run[:at] = [d.healthy() for _ in range(at)]
    return "oscillating", at, run


def swaps_halves(d: Dice) -> Truth:
    """Half of the modes, then the other half, back and forth."""
    period, half = int(d.rng.integers(1, 6)), np.arange(d.modes.count) < d.modes.count // 2
    run = [
        d.fit(d.modes.weights * (half ^ bool(t // period % 2)), width=0.8) for t in range(d.length)
    ]
    return "oscillating", 0, np.stack(run)


def circles(d: Dice) -> Truth:
    """A blob on the circle through the modes, mostly between them."""
    turn = d.rng.uniform(0.5, 1.5) * np.sign(d.rng.normal())
    angles = d.rng.uniform(0, 6) + turn * np.arange(d.length)
    at = d.when(0.15, 0.4)
    places = d.modes.mean + d.modes.rms * np.column_stack([np.cos(angles), np.sin(angles)])
    run = [d.healthy() if t < at else d.blob(p, 2.0) for t, p in enumerate(places)]
    return "oscillating", at, np.stack(run)


def stays_a_cloud(d: Dice) -> Truth:
    """All over the place, to the end."""
    size = d.rng.uniform(0.5, 2.0)
    return "stalled", None, d.then(0, d.cloud, lambda: d.cloud(size))


def stays_beside(d: Dice) -> Truth:
    """A blob halfway between two modes that never moves."""
    middle = d.modes.centres[:2].mean(axis=0)
    return "stalled", None, d.then(0, d.cloud, lambda: d.blob(middle, 0.5))


def creeps(d: Dice) -> Truth:
    """A blob that grows from the middle and has not arrived by the end."""
    sizes = np.linspace(0.02, 0.6, d.length)
    return "stalled", None, np.stack([d.cloud(size) for size in sizes])


def turns_nan(d: Dice) -> Truth:
    """Healthy, then not finite."""
    at = d.when(0.1, 0.93)
    return "diverged", at, d.then(at, d.healthy, lambda: np.full_like(d.healthy(), np.nan))


def explodes(d: Dice) -> Truth:
    """Grows by a constant factor, up to infinity if there is time."""
    at, factor = d.when(0.1, 0.7), d.rng.uniform(1.5, 30)
    with np.errstate(over="ignore"):
        run = d.then(at, d.healthy, lambda: d.cloud(2.0)).astype(np.float32)
        run[at:] *= np.float32(factor) ** np.arange(d.length - at)[:, None, None]
    return "diverged", at, run


def drifts_away(d: Dice) -> Truth:
    """Grows in proportion to time, noisily, and never was on the data."""
    at = d.when(0.2, 0.5)
    grown = np.maximum(np.arange(d.length) - at, 0) * d.rng.uniform(0.5, 5, 1)
    run = [d.cloud((0.6 + g) * d.rng.uniform(0.95, 1.05) * 2**0.5) for g in grown]
    return "diverged", at + 1, np.stack(run)


def loses_modes_one_by_one(d: Dice) -> Truth:
    """Loses a mode every other snapshot, until one is left."""
    at, gone = d.when(0.2, 0.5), d.rng.permutation(d.modes.count)

    def left(t: int) -> np.ndarray:
        return d.only(*gone[min(1 + (t - at) // 2, d.modes.count - 1) :])

    run = [d.healthy() if t < at else d.fit(left(t), width=0.8) for t in range(d.length)]
    return "mode_collapse", at, np.stack(run)


def collapses_again(d: Dice) -> Truth:
    """A collapse that passes, health for at least five snapshots, and a collapse that lasts."""
    first, at = d.when(0.1, 0.25), d.when(0.55, 0.8)
    again, few = d.some(max(1, d.modes.count // 2)), d.some(max(1, d.modes.count // 4))
    run = d.then(at, d.healthy, lambda: d.fit(again))
    passed = slice(first, at - int(d.rng.integers(5, 10)))
    run[passed] = [d.fit(few) for _ in run[passed]]
    return "mode_collapse", at, run


def gathers_modes(d: Dice) -> Truth:
    """Finds one mode after the other, until it has all."""
    full, order = d.when(0.3, 0.7), d.rng.permutation(d.modes.count)
    found = 1 + (d.modes.count - 1) * np.minimum(np.arange(d.length), full) // full
    return "healthy", None, np.stack([d.fit(d.only(*order[:k]), width=0.8) for k in found])


def alternates(d: Dice) -> Truth:
    """Healthy, then one of two modes and the other, back and forth."""
    at, stay = d.when(0.15, 0.6), int(d.rng.integers(1, 4))
    pair = d.rng.choice(d.modes.count, size=2, replace=False)
    run = visits(d, pair[np.arange(d.length) // stay % 2])
    run[:at] = [d.healthy() for _ in range(at)]
    return "oscillating", at, run


def turns_infinite(d: Dice) -> Truth:
    """Healthy, then half of the samples are infinite."""
    at = d.when(0.1, 0.93)
    half = np.arange(d.n)[:, None] % 2 == 0
    return "diverged", at, d.then(at, d.healthy, lambda: np.where(half, np.inf, d.healthy()))


def returns_from_afar(d: Dice) -> Truth:
    """Far off the data for a while, and back for good."""
    start, length = d.when(0.1, 0.4), int(d.rng.integers(3, 12))
    size, run = d.rng.uniform(5, 100), d.then(0, d.healthy, d.healthy)
    run[start : start + length] = [d.cloud(size) for _ in range(length)]
    return "healthy", None, run


def stays_shrunk(d: Dice) -> Truth:
    """All modes where they would be if the target were half as large: off the data."""
    middle = d.modes.mean
    return "stalled", None, d.then(0, d.fit, lambda: middle + (d.fit() - middle) / 2)


SCENARIOS: tuple[Scenario, ...] = (
    *(perfect, arrives_late, imbalanced, strays, recovers, stumbles),
    *(loses_modes, loses_one_mode, never_gets_all, flickers, sits_on_one, wanders_then_settles),
    *(becomes_points, becomes_lines, repeats_itself),
    *(hops, wanders_slowly, starts_hopping, swaps_halves, circles),
    *(stays_a_cloud, stays_beside, creeps),
    *(turns_nan, explodes, drifts_away),
)
"""Also ruled on by their exact signals in `test_detector.py`."""

UNSEEN: tuple[Scenario, ...] = (
    *(loses_modes_one_by_one, collapses_again, gathers_modes, alternates),
    *(turns_infinite, returns_from_afar, stays_shrunk),
)
"""Kept for the held-back cases alone."""

DEBATABLE = (flickers,)
"""A failure that a healthy snapshot interrupts now and then may be dated otherwise: no case."""
