"""Atomic files and locks."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from vistab.errors import ResultsError
from vistab.results.files import locked, read_json, write_atomically, write_json

HOLD = """
import sys, time
from pathlib import Path
from vistab.results.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
    Path(sys.argv[1]).with_name("gone").touch()
"""


def test_a_failed_write_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "data.json"
    write_json(path, {"a": 1})

    def fail(file):
        file.write(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail)
    assert read_json(path) == {"a": 1}


def test_a_second_holder_is_refused_and_told_who_holds_the_lock(tmp_path):
    path = tmp_path / ".lock"
    refused = pytest.raises(ResultsError, match=f"in use by process {os.getpid()}")
    with locked(path), refused, locked(path):
        pass
    with locked(path):
        pass
    assert not path.exists()


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    path = tmp_path / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ResultsError, match=f"process {holder.pid}"), locked(path):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with locked(path):
        assert path.read_text().split() == [str(os.getpid())]


def test_a_waiter_gets_the_lock_when_its_holder_is_gone(tmp_path):
    path = tmp_path / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD.replace("60", "0.3"), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    with locked(path, wait=True):
        assert path.with_name("gone").exists()
    holder.communicate()


def test_a_folder_that_cannot_be_written_is_told_by_name():
    """Nobody makes files in /proc, not even root."""
    refused = pytest.raises(ResultsError, match=r"^/proc: cannot be written to: \w")
    with refused, locked(Path("/proc/.lock")):
        pass


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_as_such(tmp_path, monkeypatch, number, wait):
    """And not as a folder in use, which somebody would wait for in vain."""

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ResultsError) as error, locked(tmp_path / ".lock", wait=wait):
        pass
    assert str(error.value).startswith(f"{tmp_path}: its file system has no locks (flock: ")
    assert list(tmp_path.iterdir()) == []


BLOCKED = """
    import sys

    class Block:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in ("torch", "ray", "optuna", "matplotlib"):
                raise ImportError(f"{name} is blocked")

    sys.meta_path.insert(0, Block())
    import vistab.results, vistab.results.store
"""


def test_results_are_read_without_torch_or_ray():
    """Importing the room works on a machine where neither can be imported."""
    subprocess.run([sys.executable, "-c", textwrap.dedent(BLOCKED)], check=True)
