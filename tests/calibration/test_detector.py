"""How well the detector does on trajectories whose outcome and onset are known by construction.

Each scenario draws the samples of a whole run, from easy to hard; nothing here looks at a trainer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from vistab.collapse.detector import Ruling, rule
from vistab.collapse.signals import measure
from vistab.spec.targets import GridTarget, MixtureTarget, RingTarget
from vistab.targets import KnownModes, make_target

SNAPSHOTS = 40
PER_SCENARIO = 20
TARGETS = (
    RingTarget(kind="ring"),
    RingTarget(kind="ring", modes=12, radius=3.0, std=0.1),
    GridTarget(kind="grid"),
    MixtureTarget(
        kind="mixture", centres=((0, 0), (3, 0), (0, 3), (2, 2)), weights=(4, 3, 2, 2), std=0.1
    ),
)


@dataclass(frozen=True)
class Case:
    """A run to rule on: its target, samples [T, n, 2], and what is true of it."""

    modes: KnownModes
    samples: np.ndarray
    outcome: str
    onset: int | None = None


@dataclass
class Draw:
    """One scenario's dice: a target, a number of samples, and ways to draw snapshots."""

    modes: KnownModes
    n: int
    rng: np.random.Generator

    def fit(
        self,
        weights: np.ndarray | None = None,
        *,
        width: float | tuple[float, float] = 1.0,
        strays: float = 0.0,
    ) -> np.ndarray:
        """One snapshot [n, 2] at modes of these weights, some samples strewn over the target."""
        weights = self.modes.weights if weights is None else weights / weights.sum()
        centres = self.modes.centres[self.rng.choice(self.modes.count, size=self.n, p=weights)]
        fitted = centres + self.modes.std * np.multiply(width, 1.0) * self.rng.normal(
            size=(self.n, 2)
        )
        return np.where(self.rng.random((self.n, 1)) < strays, self.cloud(), fitted)

    def cloud(self, size: float = 1.0) -> np.ndarray:
        """One snapshot [n, 2] all over the place: a Gaussian as wide as the target."""
        return self.modes.mean + size * self.modes.rms * self.rng.normal(size=(self.n, 2)) / 2

    def blob(self, centre: np.ndarray, width: float) -> np.ndarray:
        """One snapshot [n, 2] at one place; the width is in stds of a mode."""
        return centre + width * self.modes.std * self.rng.normal(size=(self.n, 2))

    def only(self, *held: int) -> np.ndarray:
        """Weights [m] of a generator that kept these modes alone."""
        return self.modes.weights * np.isin(np.arange(self.modes.count), held)

    def some(self, number: int) -> np.ndarray:
        """Weights [m] of a generator that kept this many modes."""
        return self.only(*self.rng.choice(self.modes.count, size=number, replace=False))

    def when(self, low: float = 0.15, high: float = 0.8) -> int:
        """A snapshot in between."""
        return int(self.rng.integers(int(low * SNAPSHOTS), int(high * SNAPSHOTS)))

    def healthy(self) -> np.ndarray:
        """One snapshot of a usable generator: few strays, a bit narrow, not quite even."""
        uneven = self.modes.weights * self.rng.uniform(0.8, 1.25, self.modes.count)
        return self.fit(uneven, width=0.7, strays=0.05)

    def then(
        self, at: int, before: Callable[[], np.ndarray], after: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """A run that changes at one snapshot."""
        return np.stack([before() if t < at else after() for t in range(SNAPSHOTS)])


Scenario = Callable[[Draw], tuple[str, int | None, np.ndarray]]


def perfect(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Healthy from the first snapshot on."""
    return "healthy", None, d.then(0, d.fit, d.fit)


def arrives_late(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Off the data for up to 90 % of the run."""
    return "healthy", None, d.then(d.when(0.1, 0.9), d.cloud, d.healthy)


def imbalanced(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Half of the modes get twice their share, with strays."""
    weights = d.modes.weights * (1 + (np.arange(d.modes.count) % 2))
    return "healthy", None, d.then(d.when(), d.cloud, lambda: d.fit(weights, strays=0.1))


def strays(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A quarter of the samples lie between the modes."""
    return "healthy", None, d.then(d.when(), d.cloud, lambda: d.fit(width=0.6, strays=0.25))


def recovers(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A collapse in the middle of the run that passes for good."""
    start, length = d.when(0.2, 0.5), int(d.rng.integers(3, 12))
    few = d.some(max(1, d.modes.count // 4))
    run = [d.fit(few) if start <= t < start + length else d.healthy() for t in range(SNAPSHOTS)]
    return "healthy", None, np.stack(run)


def stumbles(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Single bad snapshots now and then, the last two among them."""
    few = d.some(max(1, d.modes.count // 2))
    bad = (d.rng.random(SNAPSHOTS) < 0.1) | (np.arange(SNAPSHOTS) >= SNAPSHOTS - 2)
    bad &= np.arange(SNAPSHOTS) % 5 > 2
    return "healthy", None, np.stack([d.fit(few) if b else d.healthy() for b in bad])


def loses_modes(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Healthy, then stuck with at most three quarters of the modes."""
    at, few = d.when(), d.some(int(d.rng.integers(1, 3 * d.modes.count // 4 + 1)))
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(few, width=0.8))


def loses_one_mode(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A single mode goes, for good."""
    at, rest = d.when(), d.some(d.modes.count - 1)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(rest, width=0.8))


def never_gets_all(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Arrives at some of the modes and finds no more."""
    at, few = d.when(), d.some(int(d.rng.integers(1, 3 * d.modes.count // 4 + 1)))
    return "mode_collapse", at, d.then(at, d.cloud, lambda: d.fit(few, strays=0.1))


def flickers(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Loses half of the modes; a snapshot in ten looks healthy all the same."""
    at, few = d.when(0.2, 0.7), d.some(d.modes.count // 2)
    lasting = lambda: d.healthy() if d.rng.random() < 0.1 else d.fit(few)  # noqa: E731
    run = d.then(at, d.healthy, lasting)
    run[at] = d.fit(few)
    return "mode_collapse", at, run


def becomes_points(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Keeps all modes and loses the variety within them."""
    at, width = d.when(), d.rng.uniform(0.01, 0.2)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(width=width))


def becomes_lines(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Keeps all modes, each as a line."""
    at = d.when()
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(width=(1.0, 0.005)))


def repeats_itself(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Knows few samples, which it gives again and again."""
    at, known = d.when(), d.fit()[: d.n // 8]
    repeated = lambda: known[d.rng.integers(len(known), size=d.n)]  # noqa: E731
    return "mode_collapse", at, d.then(at, d.healthy, repeated)


def sits_on_one(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A blob on one mode, somewhat wider than it, since a certain snapshot."""
    at, centre = d.when(), d.modes.centres[d.rng.integers(d.modes.count)]
    return "mode_collapse", at, d.then(at, d.cloud, lambda: d.blob(centre, 1.5))


def wanders_then_settles(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Hops from mode to mode, then stays with one to the end."""
    at, places = d.when(0.3, 0.6), path(d, stay=1)
    places[at:] = places[at]
    places[at - 1] = (places[at] + 1) % d.modes.count
    return "mode_collapse", at, visits(d, places)


def path(d: Draw, stay: int) -> np.ndarray:
    """Modes [T] that a blob visits, each for some snapshots, the next one always another."""
    steps = d.rng.integers(1, d.modes.count, size=SNAPSHOTS).cumsum()
    return np.repeat(steps, stay)[:SNAPSHOTS] % d.modes.count


def visits(d: Draw, places: np.ndarray) -> np.ndarray:
    """A blob at one mode after the other."""
    return np.stack([d.blob(d.modes.centres[place], 1.0) for place in places])


def hops(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """One mode at a time, another one at each snapshot."""
    return "oscillating", 0, visits(d, path(d, stay=1))


def wanders_slowly(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """One mode at a time, for three to eight snapshots."""
    return "oscillating", 0, visits(d, path(d, stay=int(d.rng.integers(3, 9))))


def starts_hopping(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Healthy, then one mode at a time."""
    at, run = d.when(0.15, 0.7), visits(d, path(d, stay=2))
    run[:at] = [d.healthy() for _ in range(at)]
    return "oscillating", at, run


def swaps_halves(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Half of the modes, then the other half, back and forth."""
    period, half = int(d.rng.integers(1, 6)), np.arange(d.modes.count) < d.modes.count // 2
    run = [
        d.fit(d.modes.weights * (half ^ bool(t // period % 2)), width=0.8) for t in range(SNAPSHOTS)
    ]
    return "oscillating", 0, np.stack(run)


def circles(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A blob on the circle through the modes, mostly between them."""
    turn = d.rng.uniform(0.5, 1.5) * np.sign(d.rng.normal())
    angles = d.rng.uniform(0, 6) + turn * np.arange(SNAPSHOTS)
    at = d.when(0.15, 0.4)
    places = d.modes.mean + d.modes.rms * np.column_stack([np.cos(angles), np.sin(angles)])
    run = [d.healthy() if t < at else d.blob(p, 2.0) for t, p in enumerate(places)]
    return "oscillating", at, np.stack(run)


def stays_a_cloud(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """All over the place, to the end."""
    size = d.rng.uniform(0.5, 2.0)
    return "stalled", None, d.then(0, d.cloud, lambda: d.cloud(size))


def stays_beside(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A blob halfway between two modes that never moves."""
    middle = d.modes.centres[:2].mean(axis=0)
    return "stalled", None, d.then(0, d.cloud, lambda: d.blob(middle, 0.5))


def creeps(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """A blob that grows from the middle and has not arrived by the end."""
    sizes = np.linspace(0.02, 0.6, SNAPSHOTS)
    return "stalled", None, np.stack([d.cloud(size) for size in sizes])


def turns_nan(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Healthy, then not finite."""
    at = d.when(0.1, 0.98)
    return "diverged", at, d.then(at, d.healthy, lambda: np.full((d.n, 2), np.nan))


def explodes(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Grows by a constant factor, up to infinity if there is time."""
    at, factor = d.when(0.1, 0.7), d.rng.uniform(1.5, 30)
    with np.errstate(over="ignore"):
        run = d.then(at, d.healthy, lambda: d.cloud(2.0)).astype(np.float32)
        run[at:] *= np.float32(factor) ** np.arange(SNAPSHOTS - at)[:, None, None]
    return "diverged", at, run


def drifts_away(d: Draw) -> tuple[str, int | None, np.ndarray]:
    """Grows in proportion to time, noisily, and never was on the data."""
    at = d.when(0.2, 0.5)
    grown = np.maximum(np.arange(SNAPSHOTS) - at, 0) * d.rng.uniform(0.5, 5, 1)
    run = [d.cloud((0.6 + g) * d.rng.uniform(0.95, 1.05) * 2**0.5) for g in grown]
    return "diverged", at, np.stack(run)


SCENARIOS: tuple[Scenario, ...] = (
    *(perfect, arrives_late, imbalanced, strays, recovers, stumbles),
    *(loses_modes, loses_one_mode, never_gets_all, flickers, sits_on_one, wanders_then_settles),
    *(becomes_points, becomes_lines, repeats_itself),
    *(hops, wanders_slowly, starts_hopping, swaps_halves, circles),
    *(stays_a_cloud, stays_beside, creeps),
    *(turns_nan, explodes, drifts_away),
)


def case(scenario: Scenario, number: int) -> Case:
    """The number-th run of a scenario; targets and sample sizes take turns."""
    rng = np.random.default_rng([number, SCENARIOS.index(scenario)])
    targets = TARGETS[:2] if scenario in (circles, creeps) else TARGETS  # these need a ring
    modes = make_target(targets[number % len(targets)]).modes
    n = (150, 512, 1000)[number // len(targets) % 3]
    outcome, onset, samples = scenario(Draw(modes, n, rng))
    return Case(modes, samples, outcome, onset)


@pytest.fixture(scope="module")
def ruled() -> list[tuple[str, Case, Ruling]]:
    """Every case with its ruling; rounds are 10, 20, ... so that they differ from indices."""
    rounds = 10 * np.arange(1, SNAPSHOTS + 1)
    cases = [(s.__name__, case(s, i)) for s in SCENARIOS for i in range(PER_SCENARIO)]
    return [(name, c, rule(rounds, measure(c.samples, c.modes), c.modes)) for name, c in cases]


def test_at_least_97_percent_of_outcomes_are_right(ruled: list[tuple[str, Case, Ruling]]) -> None:
    wrong = Counter(
        (name, ruling.outcome) for name, c, ruling in ruled if ruling.outcome != c.outcome
    )
    assert len(ruled) >= 500
    assert sum(wrong.values()) <= 0.03 * len(ruled), wrong


def test_no_scenario_is_a_blind_spot(ruled: list[tuple[str, Case, Ruling]]) -> None:
    """The mean over scenarios must not hide one that is mostly got wrong."""
    wrong = Counter(name for name, c, ruling in ruled if ruling.outcome != c.outcome)
    assert max(wrong.values(), default=0) <= 0.25 * PER_SCENARIO, wrong


def test_onset_is_found_within_a_snapshot(ruled: list[tuple[str, Case, Ruling]]) -> None:
    errors = {
        (name, i): abs(ruling.onset_round - 10 * (c.onset + 1)) / 10
        for i, (name, c, ruling) in enumerate(ruled)
        if c.onset is not None and ruling.outcome == c.outcome
    }
    late = Counter(name for (name, _), error in errors.items() if error > 2)
    assert np.median(list(errors.values())) <= 1
    assert np.quantile(list(errors.values()), 0.9) <= 2, late


def test_healthy_runs_are_never_given_an_onset(ruled: list[tuple[str, Case, Ruling]]) -> None:
    for _, _, ruling in ruled:
        assert (ruling.onset_round is None) == (ruling.outcome in ("healthy", "stalled"))
        assert 0 <= ruling.severity <= 1
