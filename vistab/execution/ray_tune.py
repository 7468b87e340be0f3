"""The engine of `vistab study`: Ray Tune, in a process of its own that is watched.

Ray may wait for ever, or end the process that uses it, when a part of it dies. So that process
(driver.py) is not the user's: this one takes its reports, and ends it once Ray is lost.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from vistab.errors import Interrupted, MachineError, RequestError
from vistab.execution.cluster import remove_scratch
from vistab.execution.driver import Job
from vistab.execution.packs import Probe, present
from vistab.execution.watch import Watch
from vistab.plan.model import Plan
from vistab.results.record import OnProgress, ignore
from vistab.results.store import Store

LOG = "ray.log"
START_SECONDS = 120.0
CONNECT_SECONDS = 30.0
"""So long Ray may take until it is up, or until one that runs has taken us in."""
STOP_SECONDS = 15.0
"""So long an interrupted driver may take to clean up."""


def execute(
    plan: Plan,
    store: Store,
    *,
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore,
    probe: Probe = present,
) -> None:
    """Train every pack of the plan that is not done yet, `workers` at a time; a search first.

    `address` names a running Ray cluster, whose machines must see the results folder. Raises
    Interrupted on Ctrl-C (the packs done so far are kept), RequestError if a pack asks for more
    than there is or the address is wrong, MachineError if a machine or Ray itself fails,
    StorageError if the results folder can no longer be written. `probe` must be picklable.
    """
    store.work.mkdir(exist_ok=True)
    job = Job(plan, store, workers, address, probe)
    with _driver(store.work) as (process, reports):
        patience = Patience(address, store.work / LOG)
        try:
            _send(reports, pickle.dumps(job), patience)
            _listen(reports, on_progress, patience)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            _wait(process)
            raise Interrupted("interrupted; the same command goes on from here") from None
        _wait(process)


@contextmanager
def _driver(work: Path) -> Iterator[tuple[subprocess.Popen[bytes], Connection]]:
    """A driver in a process of its own, and the line to it; it never outlives this block.

    What Ray prints goes to a file: a study's terminal has better to say.
    """
    ours, theirs = Pipe()
    boot = f"import sys; sys.path[:] = {sys.path!r}; from vistab.execution import child; child.main"
    with open(work / LOG, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", f"{boot}({theirs.fileno()})"],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in a terminal would reach it twice
        )
    theirs.close()
    try:
        yield process, ours
    finally:
        ours.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what is left of Ray
        process.wait()
        remove_scratch(work)


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Let the driver clean up, but not for ever."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)


class Patience:
    """How long Ray may be silent, and what is said when it was silent for too long."""

    def __init__(self, address: str | None, log: Path) -> None:
        self.address, self.log = address, log
        seconds = CONNECT_SECONDS if address else START_SECONDS
        self.deadline = time.monotonic() + seconds
        self.watch: Watch | None = None

    def check(self) -> None:
        """Raise if it was too long: MachineError, or RequestError if an address may be wrong."""
        if self.watch is None:
            if time.monotonic() > self.deadline:
                raise self._never_up()
        elif name := self.watch.lost():
            raise self._lost(name)

    def ended(self, traceback: str = "") -> Exception:
        """What to raise when the driver has ended otherwise than with a result."""
        if self.watch is None and not traceback:
            return self._never_up()
        if self.watch is not None and (name := self.watch.silent()):
            return self._lost(name)
        if traceback:
            return RuntimeError(traceback)
        return MachineError(
            f"Ray ended while packs were training; its last words are in {self.log}"
        )

    def _lost(self, name: str) -> MachineError:
        return MachineError(
            f"Ray ended while packs were training: its {name} no longer answers "
            f"(killed, or out of memory?)"
        )

    def _never_up(self) -> Exception:
        if self.address:
            return RequestError(f"--address {self.address}: no Ray cluster answers there")
        return MachineError(f"Ray did not start; its last words are in {self.log}")


def _send(reports: Connection, job: bytes, patience: Patience) -> None:
    try:
        reports.send_bytes(job)
    except OSError:
        raise patience.ended() from None


def _listen(reports: Connection, on_progress: OnProgress, patience: Patience) -> None:
    """Take what the driver reports until it is through. Raises what it raised."""
    while True:
        patience.check()
        if not reports.poll(1.0):
            continue
        try:
            kind, content = reports.recv()
        except (EOFError, OSError):
            raise patience.ended() from None
        match kind:
            case "progress":
                on_progress(content)
            case "up":
                patience.watch = Watch(content)
            case "failed":
                raise content
            case "broken":
                raise patience.ended(content)
            case "through":
                return
