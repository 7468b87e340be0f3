"""Ray is lost: noticed soon and told in a sentence, whatever became of the process that uses it."""

import socket
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path

import pytest

from vistab.errors import Interrupted, MachineError, RequestError
from vistab.execution import ray_tune, watch
from vistab.execution.ray_tune import Patience, _listen
from vistab.execution.watch import PATIENCE, SECONDS_BETWEEN, Watch
from vistab.results.record import PackProgress, ignore
from vistab.results.store import open_store


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Its time."""
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """In place of the time."""
    made = Clock()
    monkeypatch.setattr(watch, "time", made)
    monkeypatch.setattr(ray_tune, "time", made)
    return made


@pytest.fixture
def listener():
    """A process that takes connections, as Ray's do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_who_answers_is_not_lost_and_who_does_not_is_after_a_while(clock, listener):
    """One that comes back in time counts as having been there."""
    watched = Watch({"raylet": listener.getsockname()})
    for _ in range(10):
        clock.now += PATIENCE
        assert watched.lost() is None
    listener.close()
    clock.now += SECONDS_BETWEEN
    assert watched.lost() is None
    clock.now += PATIENCE
    assert watched.lost() == "raylet"


def test_together_with_all_checks_that_stays_below_half_a_minute():
    assert PATIENCE + 3 * SECONDS_BETWEEN < 30


def listen(patience, *messages, closed=True):
    """Have the driver say this, then end."""
    ours, theirs = Pipe()
    for message in messages:
        theirs.send(message)
    if closed:
        theirs.close()
    with ours:
        _listen(ours, ignore, patience)


def test_a_driver_that_says_it_is_through_is_through(tmp_path):
    listen(Patience(None, tmp_path / "log"), ("up", {}), ("through", None))


def test_reports_are_passed_on(tmp_path):
    ours, theirs = Pipe()
    report = PackProgress("a", 1, 2, 3, 0)
    theirs.send(("progress", report))
    theirs.send(("through", None))
    heard = []
    with ours, theirs:
        _listen(ours, heard.append, Patience(None, tmp_path / "log"))
    assert heard == [report]


def test_a_lost_raylet_ends_a_driver_that_would_wait_for_ever(clock, tmp_path, listener):
    """It is named, and so is what may have happened."""
    patience = Patience(None, tmp_path / "log")
    patience.watch = Watch({"raylet": listener.getsockname()})
    listener.close()
    clock.now += 2 * PATIENCE
    with pytest.raises(MachineError, match="its raylet no longer answers"):
        listen(patience, closed=False)


def test_a_driver_that_ends_without_a_word_is_told(tmp_path, listener):
    """With the part of Ray that is gone, if one is; else with where its last words are."""
    where = {"gcs_server": listener.getsockname()}
    with pytest.raises(MachineError, match=r"last words are in .*log"):
        listen(Patience(None, tmp_path / "log"), ("up", where))
    listener.close()
    with pytest.raises(MachineError, match="its gcs_server no longer answers"):
        listen(Patience(None, tmp_path / "log"), ("up", where))
    with pytest.raises(MachineError, match="its gcs_server no longer answers"):
        listen(Patience(None, tmp_path / "log"), ("up", where), ("broken", "RpcError"))
    with pytest.raises(MachineError, match="Ray did not start"):
        listen(Patience(None, tmp_path / "log"))


def test_what_the_driver_raises_is_raised_and_a_mistake_of_ours_keeps_its_traceback(tmp_path):
    with pytest.raises(RequestError, match="no room"):
        listen(Patience(None, tmp_path / "log"), ("failed", RequestError("no room")))
    with pytest.raises(RuntimeError, match="a traceback"):
        listen(Patience(None, tmp_path / "log"), ("up", {}), ("broken", "a traceback"))


def test_an_address_at_which_something_else_listens_is_a_wrong_request(clock, tmp_path):
    """Ray would try for minutes, or end the process."""
    with pytest.raises(RequestError, match="a:1: no Ray cluster answers there"):
        listen(Patience("a:1", tmp_path / "log"))
    patience = Patience("a:1", tmp_path / "log")
    clock.now += 100
    with pytest.raises(RequestError, match="a:1: no Ray cluster answers there"):
        listen(patience, closed=False)


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("import os; os._exit(3)", MachineError),
        ("import time; time.sleep(60)", Interrupted),
    ],
    ids=["it dies", "it hangs and Ctrl-C is pressed"],
)
def test_no_driver_outlives_the_engine(code, raised, plan_of, tmp_path, monkeypatch):
    """However it behaves."""
    started = []
    real = subprocess.Popen

    def popen(words, **options):
        process = real([sys.executable, "-c", code], **options)
        started.append(process)
        return process

    def press_ctrl_c(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(ray_tune.subprocess, "Popen", popen)
    monkeypatch.setattr(ray_tune, "STOP_SECONDS", 0.1)
    if raised is Interrupted:
        monkeypatch.setattr(ray_tune, "_listen", press_ctrl_c)
    plan = plan_of()
    with open_store(tmp_path, plan.study) as store:
        scratch = Path(tmp_path / "vistab-scratch")
        scratch.mkdir()
        store.work.mkdir()
        (store.work / "scratch").write_text(str(scratch))
        with pytest.raises(raised):
            ray_tune.execute(plan, store)
    assert started[0].poll() is not None
    assert not scratch.exists()
