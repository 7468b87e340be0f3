"""Runs drawn from samples, which end in every way that a page has to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_digits

from vistab.collapse.detect import Detection, detect
from vistab.collapse.reference import Reference
from vistab.report.detection import Film, render_detection

Floats = npt.NDArray[np.floating]
Draw = Callable[[int, np.random.Generator], Floats]

STD = 0.02
FRAMES = 8


@dataclass(frozen=True, eq=False)
class Run:
    """A run as it was read and ruled on."""

    detection: Detection
    film: Film
    losses: dict[str, Floats] | None = None


def ring(modes: int) -> Floats:
    """Centres of modes on a circle."""
    angles = 2 * np.pi * np.arange(modes) / modes
    return np.column_stack([np.cos(angles), np.sin(angles)])


def of(centres: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Samples of equally likely modes."""
    which = rng.integers(len(centres), size=n)
    return centres[which] + STD * rng.standard_normal((n, centres.shape[1]))


def run(rounds: npt.NDArray[np.int64], draw: Draw, reference: Reference, real: Floats) -> Run:
    """Draw a snapshot a round, rule on them, and keep some for the film."""
    rng = np.random.default_rng(0)
    snapshots = [draw(int(round_), rng) for round_ in rounds]
    detection = detect(rounds, snapshots, reference)
    kept = np.linspace(0, len(rounds) - 1, FRAMES).round().astype(int)
    film = Film(tuple(rounds[kept].tolist()), tuple(snapshots[k] for k in kept), real)
    return Run(detection, film)


def collapsing() -> Run:
    """A ring of 8 modes, reached at round 200; from round 900 on two of them are left."""
    centres = ring(8)
    rounds = np.arange(50, 2001, 50)

    def draw(round_: int, rng: np.random.Generator) -> Floats:
        if round_ < 200:
            return 0.3 * rng.standard_normal((512, 2))
        return of(centres if round_ < 900 else centres[[1, 4]], 512, rng)

    made = run(rounds, draw, Reference.of_modes(centres, STD), centres)
    losses = {
        "generator loss": np.log(rounds),
        "discriminator loss": np.where(rounds < 900, 1, 0.1),
    }
    return Run(made.detection, made.film, losses)


def losing_digits() -> Run:
    """Digits, as images [n, 8, 8]; from round 60 on without 3, 5 and 8."""
    data = load_digits()
    images, labels = data.images, data.target
    left = images[~np.isin(labels, (3, 5, 8))]

    def draw(round_: int, rng: np.random.Generator) -> Floats:
        some = images if round_ < 60 else left
        return some[rng.integers(len(some), size=400)]

    return run(np.arange(4, 101, 4), draw, Reference.of_data(images), images)


def undecided() -> Run:
    """A ring of 25 modes, of which so few samples show little."""
    centres = ring(25)
    return run(
        np.arange(100, 1001, 100),
        lambda _, rng: of(centres, 30, rng),
        Reference.of_modes(centres, STD),
        centres,
    )


def diverging() -> Run:
    """Five features; from round 6,000 on samples grow, from 9,000 on they are not finite."""
    centres = np.eye(5)

    def draw(round_: int, rng: np.random.Generator) -> Floats:
        if round_ > 9000:
            return np.full((256, 5), np.nan)
        return of(centres, 256, rng) * 2.0 ** max(0, (round_ - 6000) / 150)

    real = of(centres, 300, np.random.default_rng(1))
    return run(np.arange(500, 10_001, 500), draw, Reference.of_modes(centres, STD), real)


def healthy() -> Run:
    """A grid of 9 modes, reached at round 300, one snapshot of which was lost to infinity."""
    ticks = np.array([-1.0, 0.0, 1.0])
    centres = np.array([(x, y) for x in ticks for y in ticks])

    def draw(round_: int, rng: np.random.Generator) -> Floats:
        if round_ < 300:
            return rng.uniform(-2, 2, (600, 2))
        return of(centres, 600, rng) + (np.inf if round_ == 800 else 0)

    real = of(centres, 300, np.random.default_rng(1))
    return run(np.arange(0, 2001, 100), draw, Reference.of_modes(centres, STD), real)


@pytest.fixture(scope="package")
def runs() -> dict[str, Run]:
    """Every kind of answer that a page may have to give."""
    made = (collapsing, losing_digits, undecided, diverging, healthy)
    return {one.__name__: one() for one in made}


@pytest.fixture(scope="package")
def pages(runs: dict[str, Run]) -> dict[str, str]:
    """Their pages."""
    return {
        name: render_detection(
            one.detection, one.film, f"A run: {name.replace('_', ' ')}", one.losses, COMMAND
        )
        for name, one in runs.items()
    }


COMMAND = "vistab detect samples/*.npy --modes ring.npy --html report.html"
