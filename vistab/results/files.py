"""Writing files so that a crash at any moment leaves the old file or the new one, never a half."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from vistab.errors import ResultsError


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Give `write` a temporary file beside `path`, flush it to disk, then put it in its place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # half a file on a full disk would keep others from being written
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`, atomically."""
    write_atomically(path, lambda file: file.write(data))


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, data: object) -> None:
    """Write strict JSON (NaN and infinity are refused: ValueError), atomically."""
    write_text(path, json.dumps(data, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; ResultsError if it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path`. The system drops a dead process's lock, so none is ever stale.

    With `wait` a held lock is waited for; without, ResultsError says who holds it. ResultsError
    too where nothing can be written, and on file systems that have no locks.
    """
    file = _acquire(path, wait)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


def _acquire(path: Path, wait: bool) -> IO[str]:
    while True:
        file = _opened(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            told = _why_not(path, file, error)
            file.close()
            raise ResultsError(told) from None
        if _is_still(path, file):
            file.truncate(0)
            print(os.getpid(), file=file, flush=True)
            return file
        file.close()  # its last holder removed it while we waited


def _opened(path: Path) -> IO[str]:
    try:
        return open(path, "a+", encoding="utf-8")  # open as long as it is locked
    except OSError as error:
        raise ResultsError(f"{path.parent}: cannot be written to: {error.strerror}") from None


def _why_not(path: Path, file: IO[str], error: OSError) -> str:
    if isinstance(error, BlockingIOError):
        return f"{path.parent}: in use by {_holder(file)}"
    path.unlink(missing_ok=True)  # nobody can hold it
    return (
        f"{path.parent}: its file system has no locks (flock: {error.strerror}), so two commands "
        "could write there at once; results must lie on one that has"
    )


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return f"process {file.read().strip() or 'unknown'}"


def _is_still(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
