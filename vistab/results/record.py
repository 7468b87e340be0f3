"""The columns of what happened: the names that every room reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

RUN_COLUMNS_BEFORE_AXES = ("run_id", "role", "arm", "arm_id", "replicate")
CONDITION_COLUMNS = (
    "device",  # torch's word: cpu, cuda
    "device_name",  # the processor's or the GPU's; and what changed, if a pack moved half way
    "cpu_capability",  # the instructions that torch uses: AVX2, AVX512, ...
    "threads",  # of torch, in one operation
    "pack_size",  # runs that were stacked
    "compiled",  # by torch.compile
    "torch",  # its version
)
"""What decides a run's bits beside its seed: where these differ, so may the bits. Runs of earlier
versions have `device` alone."""

RUN_COLUMNS_AFTER_AXES = (
    "status",  # finished, crashed, missing
    "outcome",  # as the detector names it; null unless finished
    "onset_round",  # nullable: first snapshot round of the lasting failure
    "converged_round",  # nullable: first snapshot round of the lasting health
    "severity",  # in [0, 1]
    "evidence",  # the detector's ruling in words
    "rounds",  # trained
    "seconds",  # of the pack, divided by its runs
    "pack",
    *CONDITION_COLUMNS,
    "error",  # traceback of a crashed run
)
"""Between `evidence` and `rounds` stand final_<metric> and best_<metric> columns: of the signals
and of the family's own metrics."""


@dataclass(frozen=True)
class PackRecord:
    """What a finished pack leaves behind.

    runs: a row per run: run_id, status, outcome, onset_round, converged_round, severity, evidence,
        final_<metric>, best_<metric>, rounds, seconds, and CONDITION_COLUMNS (the axis columns are
        joined later).
    history: a row per run and snapshot: run_id, round, evidence and signals (float32, or lists).
    samples: film strips, images as uint8 levels, all else float16: "rounds" [T]; per run_id samples
        [T, n, d]; what else there is, as in `Results.pictures`: `<run_id>.<picture>` [T, n, ...].
    """

    pack_id: str
    runs: pd.DataFrame
    history: pd.DataFrame
    samples: dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class PackProgress:
    """How far a pack is: reported every few seconds while it trains.

    seen: samples of data that one run has seen so far; data_size: of the data set, if it is one.
    resumed: the round of the checkpoint that this session went on from, 0 if there was none.
    """

    pack_id: str
    round: int
    rounds: int
    n_runs: int
    diverged: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)  # filled once the pack is finished
    seen: int = 0
    data_size: int | None = None
    resumed: int = 0


OnProgress = Callable[[PackProgress], None]
"""Called with every report."""


def ignore(progress: PackProgress) -> None:
    """Report to nobody."""
