"""A probe that notes where it was called; a module of its own, for other processes import it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path


def wait_for(found):
    """Wait until `found()` is true; says whether it was before a minute had passed."""
    deadline = time.monotonic() + 60
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@dataclass(frozen=True)
class NotingProbe:
    """Notes in `folder` where it was called, and waits until `at_once` packs have called it.

    On the node `victim` it waits to be killed. linger: it waits a second more, in which a pack that
    should still be waiting would call, notes how many have, and goes on when `at_once` have noted.
    """

    folder: Path
    at_once: int
    victim: str | None = None
    linger: bool = False

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def notes(self):
        """Those there are."""
        return [path.read_text() for path in self.folder.iterdir()]

    def __call__(self, device):
        """Where a pack is trained."""
        import os

        import ray

        context = ray.get_runtime_context()
        note = {
            "node": context.get_node_id(),
            "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "asked": device,
        }
        mine = self.folder / context.get_task_id()
        mine.write_text(json.dumps(note))
        if note["node"] == self.victim:
            time.sleep(60)
        assert wait_for(lambda: len(self.notes()) >= self.at_once)
        if self.linger:
            time.sleep(1)
            note["called"] = len(self.notes())
            mine.write_text(json.dumps(note))
            assert wait_for(lambda: sum("called" in one for one in self.notes()) >= self.at_once)
        return "cpu"
