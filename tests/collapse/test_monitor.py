"""A detector in one's own training loop."""

from collections.abc import Callable

import numpy as np
import pytest

from vistab.collapse import Monitor, Reference
from vistab.errors import RequestError
from vistab.spec.targets import RingTarget
from vistab.targets import make_target
from vistab.targets.base import KnownModes

RING = make_target(RingTarget(kind="ring")).modes
KNOWN = Reference.of_modes(RING.centres, RING.std)
RNG = np.random.default_rng(0)


def modes(number: int, n: int = 200, start: int = 0) -> np.ndarray:
    """Samples [n, 2] of so many modes of the ring."""
    held = np.arange(start, start + number) % 8
    return KnownModes(RING.centres[held], np.ones(number), RING.std).draw(n, RNG)


def stops_at(monitor: Monitor, draw: Callable[[int], np.ndarray], snapshots: int) -> int | None:
    """The snapshot at which it says stop."""
    for t in range(snapshots):
        if monitor.update(100 * t, draw(t)):
            return t
    return None


@pytest.mark.parametrize("at", [3, 8, 17])
@pytest.mark.parametrize("left", [1, 4, 7])
def test_a_run_that_collapses_is_stopped_two_snapshots_later(at: int, left: int) -> None:
    monitor = Monitor(KNOWN)
    assert stops_at(monitor, lambda t: modes(8 if t < at else left), 30) == at + 2
    assert monitor.message == (
        f"stop: collapsed at step {100 * at}: "
        f"covers {left} of 8 modes from round {100 * at} on; before: up to 8"
    )


def test_data_alone_will_do() -> None:
    monitor = Monitor(modes(8, 1000))
    assert stops_at(monitor, lambda t: modes(8 if t < 6 else 2), 30) == 8


def test_a_healthy_run_is_never_stopped() -> None:
    monitor = Monitor(KNOWN)
    assert stops_at(monitor, lambda t: modes(8, 100), 150) is None
    assert monitor.message == "healthy so far: covers 8 of 8 modes from round 0 on"


def test_stumbles_of_two_snapshots_do_not_stop_a_run() -> None:
    monitor = Monitor(KNOWN)
    assert stops_at(monitor, lambda t: modes(3 if t % 6 in (4, 5) else 8), 60) is None


def test_more_patience_waits_longer() -> None:
    monitor = Monitor(KNOWN, patience=7)
    assert stops_at(monitor, lambda t: modes(8 if t < 5 else 2), 40) == 5 + 6


def test_a_run_that_gets_on_may_go_on() -> None:
    """One more mode every tenth snapshot: slow, but no reason to stop."""
    monitor = Monitor(KNOWN, arrival=15)
    assert stops_at(monitor, lambda t: modes(min(8, 1 + t // 10)), 90) is None


def test_a_run_that_never_gets_on_is_stopped_once_it_has_had_its_time() -> None:
    assert stops_at(Monitor(KNOWN, arrival=15), lambda t: modes(2), 60) == 15
    assert stops_at(Monitor(KNOWN, arrival=0), lambda t: modes(2), 60) == 2


def test_a_run_that_has_not_reached_the_data_is_left_alone() -> None:
    monitor = Monitor(KNOWN, arrival=5)
    assert stops_at(monitor, lambda t: RNG.normal(size=(100, 2)), 60) is None
    assert monitor.message.startswith("stalled so far")


def test_wandering_is_called_oscillating() -> None:
    monitor = Monitor(KNOWN, arrival=10)
    stopped = stops_at(monitor, lambda t: modes(1, start=t), 60)
    assert stopped is not None
    assert monitor.message.startswith("stop: oscillating since step ")


@pytest.mark.parametrize("before", [0, 1, 2, 9])
def test_what_is_not_finite_stops_a_run_at_once(before: int) -> None:
    monitor = Monitor(KNOWN)
    broken = np.full((50, 2), np.nan)
    assert stops_at(monitor, lambda t: modes(8) if t < before else broken, 30) == before
    assert monitor.message.startswith(f"stop: diverged at step {100 * before}: not finite")


def test_before_three_snapshots_nothing_is_said() -> None:
    monitor = Monitor(KNOWN)
    assert not monitor.update(0, modes(8))
    assert (monitor.detection, monitor.stop) == (None, False)
    assert monitor.message == "too few snapshots to tell: 1 of 3"


@pytest.mark.parametrize(
    ("step", "samples", "message"),
    [
        (100, np.zeros((50, 2)), "steps must increase: 100 came after 100"),
        (200, np.zeros((50, 3)), "step 200: samples must be [n, 2], got (50, 3)"),
        (200, np.zeros((3, 2)), "step 200: at least 10 samples are needed, got 3"),
    ],
)
def test_unfit_input_is_refused_and_nothing_is_kept_of_it(
    step: int, samples: np.ndarray, message: str
) -> None:
    monitor = Monitor(KNOWN)
    monitor.update(100, modes(8))
    with pytest.raises(RequestError) as caught:
        monitor.update(step, samples)
    assert message in str(caught.value)
    assert [monitor.update(200, modes(8)), monitor.update(300, modes(8))] == [False, False]
    assert monitor.detection is not None
    assert monitor.detection.rounds.tolist() == [100, 200, 300]


@pytest.mark.parametrize("bad", [{"patience": 2}, {"arrival": -1}])
def test_numbers_too_small_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Monitor(KNOWN, **bad)
