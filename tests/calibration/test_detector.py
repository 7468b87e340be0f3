"""How well the detector does on trajectories whose outcome and onset are known by construction.

The scenarios are those of the benchmark, ruled on by their exact signals; nothing here looks at a
trainer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from benchmark.dice import SNAPSHOTS, Dice
from benchmark.scenarios import SCENARIOS, Scenario, circles, creeps
from benchmark.targets import UNEVEN

from vistab.collapse.detector import Ruling, rule
from vistab.collapse.signals import measure
from vistab.spec.targets import GridTarget, RingTarget
from vistab.targets import KnownModes, make_target

pytestmark = pytest.mark.slow  # the benchmark has a quick part of these

PER_SCENARIO = 20
TARGETS = (
    RingTarget(kind="ring"),
    RingTarget(kind="ring", modes=12, radius=3.0, std=0.1),
    GridTarget(kind="grid"),
    UNEVEN,
)


@dataclass(frozen=True)
class Case:
    """A run to rule on: its target, samples [T, n, 2], and what is true of it."""

    modes: KnownModes
    samples: np.ndarray
    outcome: str
    onset: int | None = None


def case(scenario: Scenario, number: int) -> Case:
    """The number-th run of a scenario; targets and sample sizes take turns."""
    rng = np.random.default_rng([number, SCENARIOS.index(scenario)])
    targets = TARGETS[:2] if scenario in (circles, creeps) else TARGETS  # these need a ring
    modes = make_target(targets[number % len(targets)]).modes
    n = (150, 512, 1000)[number // len(targets) % 3]
    outcome, onset, samples = scenario(Dice(modes, n, rng))
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
