"""What the detector makes of images: no modes are known there, and bins of data stand in for them.

Each scenario draws the samples of a whole run whose truth is known by construction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import load_digits

from vistab.collapse.detector import Ruling, rule
from vistab.collapse.signals import measure
from vistab.spec.targets import DigitsTarget
from vistab.targets import make_target
from vistab.targets.bins import DataBins

SNAPSHOTS = 10
N = 512
LABELS = load_digits().target
DIGITS = make_target(DigitsTarget(kind="digits"))
DATA = DIGITS.data.astype(float)

Draw = Callable[[np.random.Generator], np.ndarray]


def ruled(draw: Draw, seed: int = 0, before: Draw | None = None, at: int = 0) -> Ruling:
    """The ruling on a run that draws its snapshots [n, 64] like this; otherwise before `at`."""
    rng = np.random.default_rng(seed)
    samples = [before(rng) if before and t < at else draw(rng) for t in range(SNAPSHOTS)]
    signals = measure(np.stack(samples), DIGITS.modes)
    return rule(10 * np.arange(1, SNAPSHOTS + 1), signals, DIGITS.modes)


def of(rows: np.ndarray, n: int = N) -> Draw:
    """Draws from these rows with replacement."""
    return lambda rng: rows[rng.integers(len(rows), size=n)]


def noisy(draw: Draw, size: float) -> Draw:
    """The same with white noise on every pixel."""

    def drawn(rng: np.random.Generator) -> np.ndarray:
        samples = draw(rng)
        return samples + size * rng.normal(size=samples.shape)

    return drawn


def shrunk(factor: float) -> Draw:
    """Digits closer to the middle of their bin, as blurred ones are."""

    def drawn(rng: np.random.Generator) -> np.ndarray:
        samples = of(DATA)(rng)
        centres = DIGITS.modes.centres[DIGITS.modes.nearest(samples)[1]]
        return centres + factor * (samples - centres)

    return drawn


def uniform(rng: np.random.Generator) -> np.ndarray:
    """White noise over the whole range of pixels."""
    return rng.uniform(-1, 1, (N, 64))


def grey(rng: np.random.Generator) -> np.ndarray:
    """What an untrained network gives."""
    return 0.1 * rng.normal(size=(N, 64))


CLASS_MEANS = np.stack([DATA[label == LABELS].mean(axis=0) for label in range(10)])


@pytest.mark.parametrize("n", [200, 512, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_digits_drawn_anew_are_healthy(n: int, seed: int) -> None:
    ruling = ruled(of(DATA, n), seed)
    assert (ruling.outcome, ruling.converged_round) == ("healthy", 10)
    assert ruling.severity < 0.2


def test_every_signal_of_digits_drawn_anew_is_one() -> None:
    samples = of(DATA, 4000)(np.random.default_rng(0))[None]
    signals = measure(samples, DIGITS.modes)
    assert signals["modes"] == DIGITS.modes.count
    for name in ("coverage", "high_quality", "spread", "scale"):
        assert signals[name] == pytest.approx(1, abs=0.05)


def test_digits_that_the_bins_were_not_made_from_are_healthy() -> None:
    """A model that generalises draws other digits than those of its data."""
    shuffled = DATA[np.random.default_rng(0).permutation(len(DATA))]
    seen, unseen = shuffled[:900], shuffled[900:]
    bins = DataBins.of(seen, DIGITS.modes.count)
    rng = np.random.default_rng(0)
    samples = np.stack([of(unseen)(rng) for _ in range(SNAPSHOTS)])
    assert rule(np.arange(SNAPSHOTS), measure(samples, bins), bins).outcome == "healthy"


@pytest.mark.parametrize("draw", [noisy(of(DATA), 0.1), shrunk(0.6)], ids=["noisy", "smooth"])
def test_digits_a_little_off_are_healthy(draw: Draw) -> None:
    assert ruled(draw).outcome == "healthy"


@pytest.mark.parametrize("draw", [uniform, grey], ids=["white noise", "grey"])
def test_noise_is_stalled(draw: Draw) -> None:
    ruling = ruled(draw)
    assert (ruling.outcome, ruling.onset_round, ruling.severity) == ("stalled", None, 1.0)


@pytest.mark.parametrize("kept", [(0, 1), (3,), (1, 4, 7, 8, 9)])
def test_few_classes_are_a_mode_collapse_from_then_on(kept: tuple[int, ...]) -> None:
    ruling = ruled(of(DATA[np.isin(LABELS, kept)]), before=of(DATA), at=4)
    assert (ruling.outcome, ruling.onset_round) == ("mode_collapse", 50)
    assert ruling.severity == pytest.approx(1 - len(kept) / 10, abs=0.15)


@pytest.mark.parametrize("missing", range(10))
def test_a_single_class_that_goes_missing_is_seen(missing: int) -> None:
    assert ruled(of(DATA[missing != LABELS])).outcome == "mode_collapse"


NOT_HEALTHY: dict[str, Draw] = {
    "the mean image": of(DATA.mean(axis=0, keepdims=True)),
    "the mean image, nearly": noisy(of(DATA.mean(axis=0, keepdims=True)), 0.1),
    "class means": of(CLASS_MEANS),
    "class means, nearly": noisy(of(CLASS_MEANS), 0.1),
    "20 images": of(DATA[::90]),
    "20 images, nearly": noisy(of(DATA[::90]), 0.1),
    "100 images": of(DATA[::18]),
    "bins' centres": of(DIGITS.modes.centres),
    "blur": shrunk(0.2),
    "noise like the pixels": lambda rng: (
        DIGITS.modes.mean + DATA.std(axis=0) * rng.normal(size=(N, 64))
    ),
    "half white noise": noisy(of(DATA), 0.6),
}


@pytest.mark.parametrize("name", NOT_HEALTHY)
def test_these_are_not_healthy(name: str) -> None:
    """Most cover a few bins, and some cover all without any variety."""
    ruling = ruled(NOT_HEALTHY[name])
    assert ruling.outcome in ("mode_collapse", "stalled")


def test_a_class_at_a_time_oscillates() -> None:
    classes = [of(DATA[label == LABELS]) for label in range(10)]
    turn = iter(range(SNAPSHOTS))
    assert ruled(lambda rng: classes[next(turn)](rng)).outcome == "oscillating"
