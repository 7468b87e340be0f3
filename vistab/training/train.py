"""Train one pack from beginning to end, or from its last checkpoint on."""

from __future__ import annotations

import ctypes
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import torch

from vistab.families.base import ClosedForm, Phase
from vistab.plan.model import Pack
from vistab.results.record import OnProgress, PackProgress, PackRecord
from vistab.training import checkpoints
from vistab.training.conditions import conditions, going_on
from vistab.training.denormals import flushing_denormals
from vistab.training.evidence import measure_all, record, snapshot_rounds
from vistab.training.loop import Columns, play_round
from vistab.training.measuring import yardstick
from vistab.training.pictures import strip_rounds
from vistab.training.snapshot import draw_samples, observe
from vistab.training.state import Training, begin

REPORT_SECONDS = 2.0
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h


def train_pack(
    pack: Pack,
    directory: Path,
    report: OnProgress,
    device: str,
    *,
    compiled: bool,
    checkpoint_seconds: float,
) -> PackRecord:
    """See `vistab.training.train_pack`."""
    settings = pack.runs[0].arm.settings
    against, rounds = yardstick(settings, device), settings.budget.rounds
    snapshots = snapshot_rounds(rounds, settings.budget.snapshots)
    strip = set(strip_rounds(snapshots))
    keep_freed_memory()
    training = begin(pack, device, compiled=compiled)
    evidence, spent = checkpoints.load(directory, training)
    now = conditions(device, len(pack.runs), compiled=compiled)
    evidence.stretches = going_on(evidence.stretches, training.round, now)
    started = monotonic()

    def save() -> None:
        checkpoints.save(directory, training, evidence, spent + monotonic() - started)

    now_and_then = [
        Every(checkpoint_seconds, save),
        Every(REPORT_SECONDS, lambda: report(progress_of(pack, training))),
    ]
    for number in snapshots[len(evidence.rounds) :]:
        with flushing_denormals(), repeatable():
            columns = _advance(training, number, now_and_then)
            samples, shown = draw_samples(training), observe(training)
        evidence.add(number, measure_all(columns, samples, shown, training.watched, against))
        if number in strip:
            pictures = {"samples": samples, **shown.pictures}
            last, data = number == snapshots[-1], training.watched["data"]
            evidence.pictures.keep(number, pictures, data, against.target, last=last)
        report(progress_of(pack, training))
        now_and_then[0]()
    seconds = spent + monotonic() - started
    finished = record(pack, evidence, against.target.modes, seconds=seconds)
    report(replace(progress_of(pack, training), outcomes=_outcomes(finished)))
    return finished


class Every:
    """Does something when it is called, if it was not done in the last `seconds`."""

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self.seconds, self.act, self.last = seconds, act, monotonic()

    def __call__(self) -> None:
        """Do it, if it is time."""
        if monotonic() - self.last >= self.seconds:
            self.act()
            self.last = monotonic()


def _advance(training: Training, number: int, now_and_then: Sequence[Every]) -> Columns:
    """Train up to round `number`; the evidence of that round.

    Nothing is saved between that round and its snapshot, for the evidence would be lost.
    """
    for current in range(training.round + 1, number):
        play_round(training, current, observe=False)
        for act in now_and_then:
            act()
    return play_round(training, number, observe=True)


@contextmanager
def repeatable() -> Iterator[None]:
    """On a GPU, convolutions that give the same bits each time, in float32 unless asked for."""
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


def keep_freed_memory() -> None:
    """Have glibc keep what is freed: a pack frees and takes megabytes some 100 times a round.

    Handed back to the system and faulted in again page by page, they cost a quarter of the time.
    Numbers are the same either way; other C libraries are left alone.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)  # the largest that glibc takes
        libc.mallopt(M_TRIM_THRESHOLD, 2**30)


def progress_of(pack: Pack, training: Training) -> PackProgress:
    """How far the pack is."""
    settings = pack.runs[0].arm.settings
    batches = sum(phase_batches(phase) for phase in training.phases if "data" in phase.inputs)
    return PackProgress(
        pack_id=pack.pack_id,
        round=training.round,
        rounds=settings.budget.rounds,
        n_runs=len(pack.runs),
        diverged=int(training.diverged.sum()),
        resumed=training.resumed,
        seen=training.round * batches * settings.budget.batch_size,
        data_size=training.data_size,
    )


def phase_batches(phase: Phase | ClosedForm) -> int:
    """How many batches of its inputs a phase sees in one round."""
    return phase.batches if isinstance(phase, Phase) else 1


def _outcomes(finished: PackRecord) -> dict[str, int]:
    return dict(Counter(finished.runs["outcome"]))
