"""How long a pack takes: a few of its rounds and snapshots, timed apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import torch

from vistab.plan.model import Pack
from vistab.training.denormals import flushing_denormals
from vistab.training.evidence import measure_all
from vistab.training.loop import play_round
from vistab.training.measuring import yardstick
from vistab.training.snapshot import draw_samples, observe
from vistab.training.state import begin
from vistab.training.train import (
    keep_freed_memory,
    progress_of,
    repeatable,
)

FEWEST: Final = 2
MOST: Final = 20
ENOUGH_SECONDS: Final = 5.0
"""A thing is done 2 times at least, then until it was done 20 times or has taken 5 seconds."""


@dataclass(frozen=True)
class Timing:
    """Of a whole pack: seconds of one round, and of one snapshot with its evidence.

    seen: samples of data that one run sees in a round.
    """

    round: float
    snapshot: float
    seen: int


def time_pack(pack: Pack, device: str = "cpu", *, compiled: bool = False) -> Timing:
    """Time the pack in training, as `train_pack` trains it on `device`.

    What is done once is not timed: reading the data, tracing or compiling the programs.
    """
    keep_freed_memory()
    against = yardstick(pack.runs[0].arm.settings, device)
    training = begin(pack, device, compiled=compiled)

    with flushing_denormals(), repeatable():
        columns = play_round(training, 1, observe=True)

        def play() -> None:
            play_round(training, training.round + 1, observe=False)

        def take_snapshot() -> None:
            samples, shown = draw_samples(training), observe(training)
            measure_all(columns, samples, shown, training.watched, against)

        take_snapshot()
        return Timing(
            round=_seconds_each(play, training.diverged.device),
            snapshot=_seconds_each(take_snapshot, training.diverged.device),
            seen=progress_of(pack, training).seen // training.round,
        )


def _seconds_each(act: Callable[[], None], device: torch.device) -> float:
    """Seconds that `act` takes on average."""
    times, began = 0, _now(device)
    while True:
        act()
        times += 1
        taken = _now(device) - began
        if times >= MOST or (times >= FEWEST and taken >= ENOUGH_SECONDS):
            return taken / times


def _now(device: torch.device) -> float:
    """The time once the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter()
