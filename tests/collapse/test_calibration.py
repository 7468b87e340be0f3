"""Thresholds that a perfect sampler passes at any sample size, and that failures still fail."""

from functools import cache

import numpy as np
import pytest

from vistab.collapse import Reference
from vistab.collapse.calibration import calibrate, uncalibrated
from vistab.collapse.detector import THRESHOLDS, healthy_snapshots
from vistab.collapse.signals import SIGNALS
from vistab.collapse.trajectory import Trajectory
from vistab.spec.targets import DigitsTarget, GridTarget, RingTarget
from vistab.targets import make_target
from vistab.targets.base import KnownModes, Modes

RING, GRID = (
    make_target(spec).modes for spec in (RingTarget(kind="ring"), GridTarget(kind="grid"))
)
DIGITS = np.random.default_rng(0).permutation(
    make_target(DigitsTarget(kind="digits")).modes.data  # type: ignore[attr-defined]
)
SNAPSHOTS = 400
TWO_TO_ONE = np.where(np.arange(25) % 2, 2.0, 1.0)


@cache
def reference(name: str) -> Reference:
    """Known modes, or data alone: half of the digits, and 2000 draws of the others."""
    if name == "digits":
        return Reference.of_data(DIGITS[:900])
    kind, evidence = name.split()
    modes = {"ring": RING, "grid": GRID}[kind]
    if evidence == "modes":
        return Reference(modes, (2,), None)
    return Reference.of_data(modes.draw(2000, np.random.default_rng(5)))  # type: ignore[attr-defined]


def draw(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """New samples: other digits than the reference's, each at most once a snapshot."""
    if name == "digits":
        return DIGITS[900 + rng.permutation(897)[:n]]
    return {"ring": RING, "grid": GRID}[name.split()[0]].draw(n, rng)  # type: ignore[attr-defined,no-any-return]


def trajectory(own: Reference, snapshots: list[np.ndarray]) -> Trajectory:
    measured = [own.measure(one) for one in snapshots]
    signals = {key: np.stack([one[key] for one in measured]) for key in measured[0]}
    return Trajectory.read(np.arange(len(snapshots)), signals, own.modes)


def healthy_share(own: Reference, snapshots: list[np.ndarray], n: int, width: int = 1) -> float:
    levels = calibrate(own.modes, n, THRESHOLDS).levels[width]
    return float(healthy_snapshots(trajectory(own, snapshots), levels, width).mean())


NAMES = ("ring modes", "ring data", "grid modes", "grid data", "digits")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [100])
def test_a_perfect_sampler_is_called_unhealthy_in_at_most_1_percent(name: str, n: int) -> None:
    rng = np.random.default_rng(n)
    snapshots = [draw(name, n, rng) for _ in range(SNAPSHOTS)]
    for width in (1, 3, 5):
        assert healthy_share(reference(name), snapshots, n, width) >= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "n"),
    [
        *((name, n) for name in NAMES[:-1] for n in (137, 300, 2000, 5000)),
        *(("digits", n) for n in (300, 800)),
    ],
)
def test_so_it_is_at_other_sizes(name: str, n: int) -> None:
    rng = np.random.default_rng(n)
    snapshots = [draw(name, n, rng) for _ in range(SNAPSHOTS // 2)]
    for width in (1, 3, 5):
        assert healthy_share(reference(name), snapshots, n, width) >= 0.99


@pytest.mark.parametrize("evidence", ["modes", "data"])
@pytest.mark.parametrize("n", [100, 500])
def test_an_imbalance_of_two_to_one_is_hardly_ever_called_unhealthy(evidence: str, n: int) -> None:
    uneven = KnownModes(GRID.centres, TWO_TO_ONE, GRID.std)
    rng = np.random.default_rng(n)
    snapshots = [uneven.draw(n, rng) for _ in range(SNAPSHOTS)]
    for width in (1, 5):
        assert healthy_share(reference(f"grid {evidence}"), snapshots, n, width) >= 0.95


@pytest.mark.parametrize(
    ("name", "n"), [("ring modes", 100), ("ring data", 100), ("grid data", 500)]
)
def test_a_lost_mode_is_called_unhealthy(name: str, n: int) -> None:
    modes: Modes = {"ring": RING, "grid": GRID}[name.split()[0]]
    rest = KnownModes(modes.centres[1:], np.ones(modes.count - 1), modes.std)
    rng = np.random.default_rng(0)
    snapshots = [rest.draw(n, rng) for _ in range(100)]
    assert healthy_share(reference(name), snapshots, n) <= 0.01


@pytest.mark.parametrize("n", [100, 500])
def test_lost_spread_is_called_unhealthy(n: int) -> None:
    rng = np.random.default_rng(0)
    narrow = KnownModes(RING.centres, np.ones(8), 0.1 * RING.std)
    snapshots = [narrow.draw(n, rng) for _ in range(100)]
    for evidence in ("modes", "data"):
        assert healthy_share(reference(f"ring {evidence}"), snapshots, n) <= 0.01


def test_no_level_asks_for_more_than_its_threshold_and_more_samples_ask_for_more() -> None:
    for name in NAMES:
        modes = reference(name).modes
        asked = uncalibrated(modes, THRESHOLDS)
        few, many = (calibrate(modes, n, THRESHOLDS).levels for n in (100, 2000))
        for width in (1, 3, 5):
            for part in ("median_parts", "mean_parts", "modes", "coverage", "spread"):
                low, high, most = (getattr(x, part) for x in (few[width], many[width], asked))
                assert np.all(low <= high + 1e-12)
                assert np.all(high <= most)


def test_many_samples_of_known_modes_are_asked_for_the_thresholds_themselves() -> None:
    """So studies with 512 samples of eight modes are ruled on as their documentation says."""
    levels, asked = calibrate(RING, 512, THRESHOLDS).levels[5], uncalibrated(RING, THRESHOLDS)
    for part in ("median_parts", "mean_parts", "modes", "coverage", "spread"):
        assert np.array_equal(getattr(levels, part), getattr(asked, part))


@pytest.mark.parametrize("name", ["grid modes", "ring data", "digits"])
def test_a_perfect_sampler_stays_within_the_bands(name: str) -> None:
    rng = np.random.default_rng(3)
    run = [reference(name).measure(draw(name, 300, rng)) for _ in range(SNAPSHOTS)]
    bands = calibrate(reference(name).modes, 300, THRESHOLDS).bands
    for signal in SIGNALS:
        values = np.array([one[signal] for one in run])
        inside = (values >= bands[signal].low) & (values <= bands[signal].high)
        assert inside.mean() >= 0.95, (signal, bands[signal], values.mean())


@pytest.mark.parametrize("n", [100, 500])
def test_bins_with_few_data_do_not_spoil_what_is_asked_of_spread(n: int) -> None:
    """A bin that one half of the data hardly fills has no spread to compare with."""
    found = calibrate(reference("digits").modes, n, THRESHOLDS)
    assert found.levels[1].spread == THRESHOLDS.spread
    assert found.bands["spread"].high < 1.3


def test_the_same_modes_and_size_give_the_same_calibration() -> None:
    again = [calibrate.__wrapped__(GRID, 150, THRESHOLDS) for _ in range(2)]
    assert again[0].bands == again[1].bands
    assert np.array_equal(again[0].levels[5].mean_parts, again[1].levels[5].mean_parts)
