"""The process that Ray is used in: takes a job from the line to its parent, and reports on it."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

from vistab.errors import VistabError
from vistab.execution.driver import Job, drive
from vistab.execution.machine import storage_trouble
from vistab.execution.watch import Endpoints
from vistab.results.record import PackProgress


def main(line: int) -> None:
    """Do the job that comes over the line, a file descriptor."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has it ignored
    connection = Connection(line)
    job: Job = pickle.loads(connection.recv_bytes())
    threading.Thread(target=_follow, args=(connection,), daemon=True).start()
    try:
        kind, content = _outcome(job, connection)
    except KeyboardInterrupt:
        return
    connection.send((kind, content))


def _outcome(job: Job, connection: Connection) -> tuple[str, Any]:
    def on_progress(progress: PackProgress) -> None:
        connection.send(("progress", progress))

    def on_ray(endpoints: Endpoints) -> None:
        connection.send(("up", endpoints))

    try:
        drive(job, on_progress, on_ray)
    except VistabError as error:
        return "failed", storage_trouble(error, job.store.folder) or error
    except Exception as error:
        trouble = storage_trouble(error, job.store.folder)
        return ("failed", trouble) if trouble else ("broken", traceback.format_exc())
    return "through", None


def _follow(connection: Connection) -> None:
    """End with the parent, however it ended: it sends nothing more, and its line is cut then."""
    try:
        connection.recv_bytes()
    except (EOFError, OSError):
        os.killpg(0, signal.SIGKILL)  # and Ray
