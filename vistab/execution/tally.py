"""When a machine has failed so often that the study ends rather than lose pack after pack to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vistab.errors import MachineError, StorageError
from vistab.results.store import Store

MACHINE_FAILURES = 3
"""So often in a row a machine may fail, with no pack finished there in between."""


class EndOfStudy(BaseException):
    """Out of a callback through Tune, which keeps all Exceptions of callbacks to itself."""

    def __init__(self, error: MachineError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class Machines:
    """What machines tell of themselves: how often each has failed in a row."""

    store: Store
    failures: Counter[str] = field(default_factory=Counter)

    def failed(self, name: str, error: MachineError) -> None:
        """One failed. EndOfStudy if it does so again and again, or if others would fail too."""
        if isinstance(error, StorageError) and self._concerns_all(error):
            raise EndOfStudy(error)
        self.failures[name] += 1
        if self.failures[name] == MACHINE_FAILURES:
            where = f"{name}: {error}" if isinstance(error, StorageError) else str(error)
            raise EndOfStudy(MachineError(f"{where} ({MACHINE_FAILURES} times in a row)"))

    def finished(self, name: str) -> None:
        """One has brought a pack to its end."""
        self.failures.pop(name, None)

    def _concerns_all(self, error: StorageError) -> bool:
        """A folder that only one machine does not see is that machine's own trouble."""
        return not error.missing or not self.store.folder.exists()
