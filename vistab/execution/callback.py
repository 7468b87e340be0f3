"""What Tune calls as trials go on. Imports ray, so it is imported once Ray is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray import tune

from vistab.execution.tally import Machines
from vistab.results.record import OnProgress, PackProgress, ignore


class TrialCallback(tune.Callback):
    """Passes on what trials report. Tune pickles its callbacks; who listens need not be picklable.

    on_end: takes the id of a pack that is over. on_blameless: of one whose machine failed.
    """

    def __init__(
        self,
        on_progress: OnProgress,
        on_end: Callable[[str], None],
        on_blameless: Callable[[str], None],
        machines: Machines | None,
    ) -> None:
        self.on_progress = on_progress
        self.on_end = on_end
        self.on_blameless = on_blameless
        self.machines = machines

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """A pack reported how far it is, or what is wrong where it is trained."""
        if "progress" in result:
            self.on_progress(PackProgress(**result["progress"]))
        if "trouble" in result and self.machines is not None:
            self.on_blameless(trial.config["pack"])
            self.machines.failed(result["machine"], result["trouble"])

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A pack ended: read its outcomes from its folder."""
        if self.machines is not None:
            self.machines.finished(trial.last_result.get("machine", ""))
        self.on_end(trial.config["pack"])

    def __getstate__(self) -> dict[str, Any]:
        return {"on_progress": ignore, "on_end": str, "on_blameless": str, "machines": None}
