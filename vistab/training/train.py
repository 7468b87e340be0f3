"""Train one pack from beginning to end, or from its last checkpoint on."""

from __future__ import annotations

import ctypes
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import torch
from torch import Tensor

from vistab.plan.model import Pack
from vistab.results.record import OnProgress, PackProgress, PackRecord
from vistab.targets import Target, make_target
from vistab.training import checkpoints
from vistab.training.evidence import Evidence, measure_all, record, snapshot_rounds
from vistab.training.loop import play_round
from vistab.training.pictures import strip_rounds
from vistab.training.snapshot import draw_samples, observe
from vistab.training.state import Training, begin

CHECKPOINT_SECONDS = 10.0
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h


def train_pack(pack: Pack, directory: Path, report: OnProgress, device: str) -> PackRecord:
    """See `vistab.training.train_pack`."""
    settings = pack.runs[0].arm.settings
    target, rounds = make_target(settings.target), settings.budget.rounds
    snapshots = snapshot_rounds(rounds, settings.budget.snapshots)
    strip = set(strip_rounds(snapshots))
    _keep_freed_memory()
    training = begin(pack, device)
    evidence, spent = checkpoints.load(directory, training)
    started = saved = monotonic()
    for number in snapshots[len(evidence.rounds) :]:
        pictures = _advance(training, evidence, number, target)
        if number in strip:
            evidence.pictures.keep(number, pictures, training.watched["data"])
        report(_progress(pack, training, number, rounds))
        if monotonic() - saved > CHECKPOINT_SECONDS:
            checkpoints.save(directory, training, evidence, spent + monotonic() - started)
            saved = monotonic()
    seconds = spent + monotonic() - started
    finished = record(pack, evidence, target.modes, seconds=seconds, device=device)
    report(replace(_progress(pack, training, rounds, rounds), outcomes=_outcomes(finished)))
    return finished


def _advance(
    training: Training, evidence: Evidence, number: int, target: Target
) -> dict[str, Tensor]:
    """Train up to the snapshot of round `number` and measure it; its pictures, [K, n, ...]."""
    with _flushing_denormals():
        for current in range(evidence.last_round + 1, number + 1):
            columns = play_round(training, current, observe=current == number)
        samples, shown = draw_samples(training), observe(training)
    evidence.add(number, measure_all(columns, samples, shown, training.watched, target))
    return {"samples": samples, **shown.pictures}


@contextmanager
def _flushing_denormals() -> Iterator[None]:
    """Numbers below 1e-38 count as 0: moments of idle units decay into them, and they are slow."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _keep_freed_memory() -> None:
    """Have glibc keep what is freed: a pack frees and takes megabytes some 100 times a round.

    Handed back to the system and faulted in again page by page, they cost a quarter of the time.
    Numbers are the same either way; other C libraries are left alone.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)  # the largest that glibc takes
        libc.mallopt(M_TRIM_THRESHOLD, 2**30)


def _progress(pack: Pack, training: Training, number: int, rounds: int) -> PackProgress:
    return PackProgress(
        pack_id=pack.pack_id,
        round=number,
        rounds=rounds,
        n_runs=len(pack.runs),
        diverged=int(training.diverged.sum()),
    )


def _outcomes(finished: PackRecord) -> dict[str, int]:
    return dict(Counter(finished.runs["outcome"]))
