"""Rounds and snapshots are timed apart, a few times each."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from vistab.plan.model import Pack
from vistab.training import timing
from vistab.training.timing import Timing, time_pack

CPU = torch.device("cpu")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still unless it is told to move on."""
    shown = SimpleNamespace(now=100.0, asked=0)
    monkeypatch.setattr(timing, "perf_counter", lambda: shown.now)
    return shown


@pytest.mark.parametrize(
    ("seconds", "times"), [(60.0, 2), (3.0, 2), (2.0, 3), (0.5, 10), (0.001, 20)]
)
def test_what_is_slow_is_done_twice_and_what_is_fast_twenty_times(
    seconds: float, times: int, clock: SimpleNamespace
) -> None:
    """In between, until five seconds have gone by."""

    def act() -> None:
        clock.now += seconds
        clock.asked += 1

    assert timing._seconds_each(act, CPU) == pytest.approx(seconds)
    assert clock.asked == times


def test_what_is_done_once_is_not_timed(
    make_pack: Callable[..., Pack], clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each first call takes an hour here; rounds then take 1 second, and snapshots 10."""
    calls: dict[str, int] = {}

    def slow(name: str, seconds: float) -> None:
        real = getattr(timing, name)

        def taking(*arguments: object, **options: object) -> object:
            calls[name] = calls.get(name, 0) + 1
            clock.now += 3600 if calls[name] == 1 else seconds
            return real(*arguments, **options)

        monkeypatch.setattr(timing, name, taking)

    slow("begin", 0)
    slow("play_round", 1)
    slow("draw_samples", 7)
    slow("measure_all", 3)
    pack = make_pack([(0, {}), (1, {})], batch_size=16, discriminator_steps=3)
    timed = time_pack(pack)
    assert timed == Timing(round=pytest.approx(1), snapshot=pytest.approx(10), seen=3 * 16)
    assert calls == {"begin": 1, "play_round": 1 + 5, "draw_samples": 3, "measure_all": 3}
