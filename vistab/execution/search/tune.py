"""A search as Ray Tune asks for it. Imports ray, so it is imported once Ray is set up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher

from vistab.execution.search.running import Search
from vistab.plan.model import Pack


class LoggedSearcher(Searcher):
    """Hands out the packs of a Search as trials. Its log is the state: Tune's own is empty."""

    def __init__(self, search: Search, before: Callable[[Pack], None]) -> None:
        super().__init__()
        self.search = search
        self.before = before
        self.packs: dict[str, Pack] = {}

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        """Objectives are read from the packs' folders; Tune need not know them."""
        return True

    def suggest(self, trial_id: str) -> Any:
        """The next pack's id; None while it cannot be known, FINISHED once there is none."""
        if self.search.all_asked and not self.search.training:
            return Searcher.FINISHED
        pack = self.search.next_pack()
        if pack is None:
            return None
        self.before(pack)
        self.packs[trial_id] = pack
        return {"pack": pack.pack_id}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """A trial ended, whatever became of it."""
        self.search.ended(self.packs.pop(trial_id))

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save."""
        Path(checkpoint_path).touch()

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore."""
