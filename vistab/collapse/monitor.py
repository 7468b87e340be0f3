"""A detector for one's own training loop: it takes arrays, and says when to stop."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.collapse.detect import Detection, measure_one, rule_on
from vistab.collapse.detector import THRESHOLDS
from vistab.collapse.reference import Reference
from vistab.collapse.signals import Signals
from vistab.collapse.trajectory import running_median
from vistab.errors import RequestError

_SAID: Final = {
    "mode_collapse": "collapsed at",
    "oscillating": "oscillating since",
    "diverged": "diverged at",
}
"""How a failure that is worth stopping for is told; a run that has not arrived yet may do so."""

_PROGRESS: Final = 0.05  # of coverage: less may be sampling error


class Monitor:
    """Watches a run from within its training loop, whatever trains it, and says when to stop.

        monitor = Monitor(reference)
        for step in range(steps):
            ...
            if step % 100 == 0 and monitor.update(step, samples):
                print(monitor.message)  # stop: collapsed at step 900: covers 2 of 8 modes ...
                break

    reference: data [m, ...] to be covered, or a `Reference`. patience: snapshots that a failure
    must have lasted. arrival: a run that was never healthy may go on while it gets on: it is
    stopped when its coverage has not risen for so many snapshots.
    """

    def __init__(
        self, reference: Reference | npt.ArrayLike, *, patience: int = 3, arrival: int = 20
    ) -> None:
        """Raises ValueError when the reference is unfit, or the numbers are too small."""
        if patience < THRESHOLDS.lasting:
            raise ValueError(f"patience must be at least {THRESHOLDS.lasting}, got {patience}")
        if arrival < 0:
            raise ValueError(f"arrival must not be negative, got {arrival}")
        self.reference = (
            reference if isinstance(reference, Reference) else Reference.of_data(reference)
        )
        self.patience = patience
        self.arrival = arrival
        self.detection: Detection | None = None
        """The ruling on what was seen so far; None before the third snapshot, if all is finite."""
        self._steps: list[int] = []
        self._measured: list[Signals] = []
        self._fewest: int | None = None
        self._was_healthy = False

    def update(self, step: int, samples: npt.ArrayLike) -> bool:
        """Take the samples [n, ...] of one more snapshot; returns `stop`.

        step: larger than all before. Raises RequestError when it is not, when the samples are not
        shaped like the reference or on another scale, or when they are fewer than 10; nothing is
        kept of them then.
        """
        if self._steps and step <= self._steps[-1]:
            raise RequestError(f"steps must increase: {step} came after {self._steps[-1]}")
        rows = np.asarray(samples)
        self._measured.append(measure_one(rows, self.reference, f"step {step}"))
        self._steps.append(step)
        self._fewest = min(len(rows), self._fewest or len(rows))
        broken = not np.isfinite(self._measured[-1]["scale"])
        if broken or len(self._steps) >= THRESHOLDS.lasting:
            self.detection = rule_on(self._steps, self._measured, self._fewest, self.reference)
            self._was_healthy |= self.detection.converged_round is not None
        return self.stop

    @property
    def stop(self) -> bool:
        """Has the run failed for so long that nothing good is to be expected of it?

        At once when samples are not finite, since weights that are not do not heal.
        """
        if self.detection is None or self.detection.outcome not in _SAID:
            return False
        if not np.isfinite(self.detection.signals["scale"][-1]):
            return True
        lasted = int(np.sum(self.detection.rounds >= (self.detection.onset_round or 0)))
        return lasted >= self.patience and (self._was_healthy or self._idle() >= self.arrival)

    def _idle(self) -> int:
        """Snapshots since coverage last rose to a new height, by medians over five."""
        coverage = np.array([one["coverage"] for one in self._measured], dtype=float)
        heights = running_median(np.nan_to_num(coverage), 2 * THRESHOLDS.lasting - 1)
        best, at = -np.inf, 0
        for i, height in enumerate(heights):
            if height > best + _PROGRESS:
                best, at = height, i
        return len(heights) - 1 - at

    @property
    def message(self) -> str:
        """What to tell the user: `stop: collapsed at step 900: ...`, or how the run is so far."""
        found = self.detection
        if found is None:
            return f"too few snapshots to tell: {len(self._steps)} of {THRESHOLDS.lasting}"
        if self.stop and found.outcome is not None:
            return f"stop: {_SAID[found.outcome]} step {found.onset_round}: {found.evidence}"
        return f"{(found.outcome or 'undecided').replace('_', ' ')} so far: {found.evidence}"
