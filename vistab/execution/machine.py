"""Telling "the machine failed" from "the pack failed".

What a family raises is the pack's own: it is tried again and recorded. A disk that is full, a GPU
that is gone or a machine out of memory would take the next pack too, so these are never recorded
against a pack.
"""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from vistab.errors import MachineError, StorageError

STORAGE = {
    errno.ENOSPC: "no space is left on its disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "it has become read-only",
    errno.EACCES: "it may not be written",
    errno.EPERM: "it may not be written",
    errno.EIO: "its disk does not read or write (input/output error)",
    errno.ESTALE: "its network file system has lost it (stale file handle)",
    errno.ENOTCONN: "its network file system is not connected",
    errno.ENODEV: "its disk is gone",
    errno.ENXIO: "its disk is gone",
}
"""What the system says of a results folder that cannot be written, in words."""

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM)

OTHERS = {
    errno.ENOMEM: "it has no memory left",
    errno.EMFILE: "it has no file handles left",
    errno.ENFILE: "it has no file handles left",
    errno.EAGAIN: "it can start no more threads or processes",
}

GPU = re.compile(
    r"CUDA (driver )?error|CUDA driver|NVIDIA driver|No CUDA GPUs|CUDA-capable device|NVML"
    r"|(CUBLAS|CUDNN|CUSOLVER)_STATUS_(NOT_INITIALIZED|ALLOC_FAILED|INTERNAL_ERROR|EXECUTION_FAILED)"
)
"""How torch words a GPU, or its driver, that does not work."""

ASSERTION = re.compile("device-side assert")
"""How it words what the pack's own code did on the GPU; the process is spoilt all the same."""

MEMORY = re.compile("can't allocate memory|Cannot allocate memory|not enough memory")


class SpoiltProcess(Exception):
    """The pack is recorded as crashed, but nothing more can be trained in this process."""


def storage_trouble(error: BaseException, folder: Path) -> StorageError | None:
    """What is wrong with a results folder, if that is why there was an error.

    With another folder, such as that for temporary files, if the error names one: but who may not
    read or write a file of his own elsewhere has no trouble with the disk.
    """
    known = next((one for one in _chain(error) if isinstance(one, StorageError)), None)
    if known:
        return known
    if not folder.exists():
        return StorageError(folder, "it is gone (moved, or no longer mounted?)", missing=True)
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in STORAGE:
            place = _elsewhere(one, folder)
            if place is None or one.errno not in FORBIDDEN:
                return StorageError(place or folder, STORAGE[one.errno], full=one.errno in FULL)
    return None


def _elsewhere(error: OSError, folder: Path) -> Path | None:
    """The folder of the file that an error names, unless that is in `folder`."""
    if not isinstance(error.filename, str | bytes):
        return None
    path = Path(os.fsdecode(error.filename)).absolute()
    return None if path.is_relative_to(folder.absolute()) else path.parent


def machine_trouble(error: BaseException, folder: Path) -> MachineError | None:
    """What is wrong with this machine, if that is why training in `folder` ended in an error."""
    if isinstance(error, MachineError):
        return error
    if storage := storage_trouble(error, folder):
        return storage
    words = next(filter(None, map(_words, _chain(error))), None)
    return MachineError(f"{name()}: {words}") if words else None


def spoils(error: BaseException) -> bool:
    """Whether the pack's own code has left the GPU unusable for this process."""
    return any(ASSERTION.search(str(one)) for one in _chain(error))


def name() -> str:
    """This machine's."""
    return socket.gethostname()


def _words(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno in OTHERS:
        return OTHERS[error.errno]
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and MEMORY.search(str(error))
    ):
        return OTHERS[errno.ENOMEM]
    if isinstance(error, RuntimeError) and GPU.search(str(error)) and not spoils(error):
        return f"its GPU does not work: {first_line(error)}"
    return None


def first_line(error: BaseException) -> str:
    """What it says first."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
