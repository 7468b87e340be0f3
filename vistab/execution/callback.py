"""What Tune calls as trials go on. Imports ray, so it is imported once Ray is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray import tune

from vistab.results.record import OnProgress, PackProgress, ignore


class ProgressCallback(tune.Callback):
    """Passes progress on. Tune pickles its callbacks, and what listens need not be picklable."""

    def __init__(self, on_progress: OnProgress, on_end: Callable[[str], None]) -> None:
        self.on_progress = on_progress
        self.on_end = on_end

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """A pack reported how far it is."""
        if "progress" in result:
            self.on_progress(PackProgress(**result["progress"]))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A pack ended: read its outcomes from its folder."""
        self.on_end(trial.config["pack"])

    def __getstate__(self) -> dict[str, Any]:
        return {"on_progress": ignore, "on_end": str}
