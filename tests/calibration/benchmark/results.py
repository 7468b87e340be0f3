"""One case ruled on: by the detector, and by what people use instead."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from benchmark.cases import Case, run_of
from benchmark.rivals import change_point, scores
from benchmark.targets import reference
from vistab.collapse.detect import detect

AT_A_TIME = 40  # cases of one process before it may be given others


Found = TypeVar("Found")


@dataclass(frozen=True)
class Result:
    """What is true of a case, and what was said of it. Onsets are indices of snapshots.

    rivals: by name, how strongly each speaks for failure; where they have what they need.
    """

    case: Case
    truth: str
    true_onset: int | None
    outcome: str | None
    onset: int | None
    severity: float | None
    evidence: str
    rivals: dict[str, float]
    change_point: int

    @property
    def right(self) -> bool:
        return self.outcome == self.truth

    @property
    def onset_error(self) -> int | None:
        """In snapshots; None where there is no onset, or the outcome is wrong."""
        if self.true_onset is None or self.onset is None or not self.right:
            return None
        return abs(self.onset - self.true_onset)


def result_of(case: Case) -> Result:
    """Rule on one case; rounds are 10, 20, ... so that they differ from indices."""
    run = run_of(case)
    last: deque[np.ndarray] = deque(maxlen=1)

    def watched() -> Iterator[np.ndarray]:
        for snapshot in run.snapshots:
            last.append(snapshot)
            yield snapshot

    rounds = 10 * np.arange(1, case.length + 1)
    told = reference(case.target, case.evidence, case.reference_seed)
    found = detect(rounds, watched(), told)
    compared = (last[0], case.target, case.reference_seed, run.losses)
    return Result(
        case=case,
        truth=run.outcome,
        true_onset=run.onset,
        outcome=found.outcome,
        onset=None if found.onset_round is None else found.onset_round // 10 - 1,
        severity=found.severity,
        evidence=found.evidence,
        rivals=scores(*compared) if case.evidence == "data" else {},
        change_point=change_point(found.signals["coverage"]),
    )


def results(cases: Sequence[Case], workers: int = 1) -> list[Result]:
    """Rule on all cases, in their order; the results do not depend on the number of workers."""
    return each(result_of, cases, workers)


def each(work: Callable[[Case], Found], cases: Sequence[Case], workers: int = 1) -> list[Found]:
    """What comes of each case, by so many processes."""
    if workers == 1:
        return [work(case) for case in cases]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        return list(pool.map(work, cases, chunksize=AT_A_TIME))
