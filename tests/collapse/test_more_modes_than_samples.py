"""Rulings where there are more modes than a snapshot has samples to show them.

A lattice of 20 x 20 modes, of which 200 samples show 157. Its places are rows and columns, which
they do show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest
from scipy.stats import binom

from vistab.collapse.calibration import Levels, calibrate
from vistab.collapse.detector import THRESHOLDS, Ruling, rule
from vistab.collapse.signals import measure
from vistab.collapse.trajectory import Shown, Trajectory, in_places
from vistab.collapse.wandering import as_it_shows
from vistab.targets.base import Array, KnownModes

SIDE, N, SNAPSHOTS = 20, 200, 15
ALL = SIDE * SIDE
row_of, column_of = np.arange(ALL) // SIDE, np.arange(ALL) % SIDE


class Lattice(KnownModes):
    """Known modes of which a snapshot shows rows and columns."""

    @cached_property
    def places(self) -> Array:
        lines = np.arange(SIDE)[:, None]
        return np.concatenate([lines == row_of, lines == column_of]).astype(float)

    @cached_property
    def groups(self) -> Array:
        return np.concatenate([np.eye(ALL), self.places])

    def fewest(self, n: int, part: float, error: float) -> Array:
        return np.asarray(binom.ppf(error, n, part * self.groups @ self.fair_shares))


LATTICE = Lattice(np.column_stack([row_of, column_of]).astype(float), np.ones(ALL), 0.02)
CALIBRATION = calibrate(LATTICE, N, THRESHOLDS)

Weights = Callable[[int], np.ndarray]
"""What each mode has at a snapshot."""


def signals(weights: Weights, seed: int, strays: float = 0.0, n: int = N) -> dict[str, np.ndarray]:
    """Signals of a run that draws its snapshots from modes with these weights."""
    rng = np.random.default_rng(seed)
    measured = []
    for t in range(SNAPSHOTS):
        share = np.asarray(weights(t), dtype=float)
        samples = LATTICE.centres[rng.choice(ALL, size=n, p=share / share.sum())]
        samples = samples + LATTICE.std * rng.standard_normal((n, 2))
        samples[rng.random(n) < strays] += 0.5
        measured.append(measure(samples[None], LATTICE))
    return {name: np.concatenate([one[name] for one in measured]) for name in measured[0]}


def ruled(weights: Weights, seed: int, strays: float = 0.0) -> Ruling:
    run = signals(weights, seed, strays)
    return rule(np.arange(SNAPSHOTS), run, LATTICE, calibration=CALIBRATION)


def everything(_: int) -> np.ndarray:
    return np.ones(ALL)


def without_a_row(_: int) -> np.ndarray:
    return np.where(row_of == 7, 0.0, 1.0)


def half_of_the_modes(_: int) -> np.ndarray:
    return np.random.default_rng(1).permutation(ALL) < ALL // 2


def two_to_one_by_rows(_: int) -> np.ndarray:
    return np.where(row_of % 2, 2.0, 1.0)


def two_quarters_in_turn(t: int) -> np.ndarray:
    """A hundred modes with two samples each, of which chance alone hides some."""
    return (row_of % 2 == t % 2) & (column_of % 2 == t % 2)


def a_tenth_of_the_modes_in_turn(t: int) -> np.ndarray:
    """Spread evenly over rows and columns, which therefore stay."""
    return (row_of + column_of) % 10 == t % 10


def a_fifth_of_the_modes(_: int) -> np.ndarray:
    return (row_of + column_of) % 5 == 0


@pytest.mark.parametrize("seed", range(10))
def test_a_perfect_sampler_is_healthy(seed: int) -> None:
    ruling = ruled(everything, seed)
    assert (ruling.outcome, ruling.converged_round) == ("healthy", 0)
    assert ruling.severity < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_an_imbalance_of_two_to_one_is_healthy(seed: int) -> None:
    assert ruled(two_to_one_by_rows, seed).outcome == "healthy"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strays", [0.1, 0.25])
def test_strays_hide_modes_and_yet_are_no_loss_of_them(seed: int, strays: float) -> None:
    assert ruled(everything, seed, strays).outcome == "healthy"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("weights", "missing"),
    [(without_a_row, 0.05), (half_of_the_modes, 0.5), (a_fifth_of_the_modes, 0.8)],
)
def test_lost_modes_are_a_mode_collapse_of_the_severity_of_what_is_lost(
    weights: Weights, missing: float, seed: int
) -> None:
    ruling = ruled(weights, seed)
    assert (ruling.outcome, ruling.onset_round) == ("mode_collapse", 0)
    assert ruling.severity == pytest.approx(missing, abs=0.13)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("weights", "missing"), [(two_quarters_in_turn, 0.75), (a_tenth_of_the_modes_in_turn, 0.9)]
)
def test_modes_in_turn_oscillate_whether_places_show_it_or_modes(
    weights: Weights, missing: float, seed: int
) -> None:
    """Severity is that of a snapshot, though all of them together have every mode."""
    ruling = ruled(weights, seed)
    assert ruling.outcome == "oscillating"
    assert ruling.severity == pytest.approx(missing, abs=0.06)


def test_chance_alone_does_not_make_a_run_wander() -> None:
    """Half of the modes seem to be others at each snapshot."""
    run = Trajectory.read(np.arange(SNAPSHOTS), signals(everything, 0), LATTICE)
    assert len(as_it_shows(run, THRESHOLDS).fair) == 2 * SIDE
    few = signals(a_tenth_of_the_modes_in_turn, 0)
    assert as_it_shows(
        Trajectory.read(np.arange(SNAPSHOTS), few, LATTICE), THRESHOLDS
    ).fair.shape == (ALL,)


def test_the_evidence_says_what_a_perfect_sampler_shows_and_which_groups_are_held() -> None:
    shown = round(CALIBRATION.shown.modes)
    assert f"of 400 modes (a perfect sampler shows {shown}) from" in ruled(everything, 0).evidence
    assert ruled(without_a_row, 0).evidence.endswith(", in 39 of 40 groups of modes")


def test_what_is_asked_for_is_relative_to_a_perfect_sampler() -> None:
    fair = LATTICE.fair_shares[0]
    shown = ALL * (1 - (1 - fair) ** N)
    assert CALIBRATION.shown.modes == pytest.approx(shown, rel=0.005)
    for levels in CALIBRATION.levels.values():
        assert levels.modes == pytest.approx(THRESHOLDS.held_modes * shown, rel=0.005)
        assert levels.coverage == THRESHOLDS.coverage * CALIBRATION.shown.coverage
        quality = np.array([0.0, 0.3, 1.0, 1.2])
        expected = ALL * (1 - (1 - np.minimum(quality, 1) * fair) ** N) / shown
        assert levels.modes_at(quality) == pytest.approx(levels.modes * expected, rel=1e-3)


def test_elsewhere_the_number_of_modes_is_asked_for_at_any_quality() -> None:
    known = KnownModes(LATTICE.centres[:8], np.ones(8), 0.02)
    calibration = calibrate(known, 512, THRESHOLDS)
    assert calibration.shown == Shown(8, 1.0)
    assert calibration.levels[5].modes_at(np.array([0.1, 1.0])) == 0.85 * 8
    assert Levels(np.ones(1), np.ones(1), 5.0, 0.5, 0.3).modes_at(np.array([0.1])) == 5.0


def test_places_share_their_modes_out_evenly() -> None:
    run = Trajectory.read(np.arange(SNAPSHOTS), signals(without_a_row, 0), LATTICE)
    places = in_places(run, THRESHOLDS.held_share)
    assert places.n_modes == 2 * SIDE
    assert places.fair == pytest.approx(np.full(2 * SIDE, 1 / (2 * SIDE)))
    assert places.parts.sum(axis=1) == pytest.approx(run.parts.sum(axis=1))
    own = run.parts.reshape(SNAPSHOTS, SIDE, SIDE)
    assert places.parts[:, :SIDE] == pytest.approx(own.sum(axis=2) / 2)
    assert places.parts[:, SIDE:] == pytest.approx(own.sum(axis=1) / 2)
    held = np.sum(places.parts >= 0.25 * places.fair, axis=1)
    assert np.array_equal(places.modes, held)
    assert places.modes.max() == 39
    alone = replace(run, places=None)
    assert in_places(alone, THRESHOLDS.held_share) is alone
