"""Killed, interrupted, robbed of a worker: the same command goes on and ends with the same bits."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from vistab.results import load

pytestmark = [pytest.mark.slow, pytest.mark.ray]

HEAD = """
study: kill_me
target: {kind: ring, modes: 4}
family: {kind: gan, generator_steps: 2}
budget: {rounds: 300, snapshots: 20, snapshot_samples: 100}
resources: {pack: 2}
"""
GRID = """
replicates: 6
axes: {family.regularizer.weight: [0, 5]}
claims:
  - {id: C1, says: fewer fail, kind: rate, expect: lower,
     treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}}
"""
CONFIRM = """
confirm: {top: 1, replicates: 3}
claims:
  - {id: C1, says: fewer fail, kind: rate, expect: lower,
     treatment: {arm: search.best}, control: {arm: search.baseline}}
"""
SAMPLER = """
search:
  kind: tpe
  space: {optimizer.learning_rate: {log: [1e-3, 1e-2]}, family.regularizer.weight: [0, 5]}
  trials: 3
  replicates: 2
"""
FRONTIER = """
search:
  kind: frontier
  along: {optimizer.learning_rate: {log: [1e-3, 1e-1]}}
  per: {family.regularizer.weight: [0, 5]}
  steps: 2
  replicates: 2
"""
STUDIES = {
    "grid": HEAD + GRID,
    "sampler": HEAD + SAMPLER + CONFIRM,  # to the bit with one worker alone
    "frontier": HEAD + FRONTIER + CONFIRM,
}
WORKERS = {"grid": "2", "sampler": "1", "frontier": "2"}
GRID_ALONE = pytest.mark.parametrize("name", ["grid"], indirect=True, scope="module")

MAIN = "import sys; from vistab.cli import main; sys.exit(main())"


@pytest.fixture(scope="module", params=STUDIES)
def name(request) -> str:
    """Which study is disturbed."""
    return request.param


@pytest.fixture(scope="module")
def spec(name, tmp_path_factory) -> Path:
    """The study file."""
    path = tmp_path_factory.mktemp("interrupts") / "kill_me.yaml"
    path.write_text(STUDIES[name])
    return path


def start(spec: Path, out: str, *options: str) -> subprocess.Popen:
    """The command line in a process group of its own, as a terminal would have it."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "study", spec, "--out", spec.parent / out, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )


def heed_ctrl_c() -> None:
    """A shell has its background jobs ignore it, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(spec: Path, out: str, *options: str) -> subprocess.CompletedProcess:
    """Run the command to its end."""
    process = start(spec, out, *options)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    return subprocess.CompletedProcess([], 0, stdout, stderr)


@pytest.fixture(scope="module")
def undisturbed(spec) -> Path:
    """The results folder of a run that nobody disturbed."""
    finish(spec, "undisturbed", "--engine", "local")
    return spec.parent / "undisturbed" / "kill_me"


def done_packs(folder: Path) -> int:
    """How many packs are done."""
    return len(list(folder.glob("work/*/done.json")))


def wait_for_a_pack(process: subprocess.Popen, folder: Path, before: int) -> None:
    """Wait until the process has brought a pack to its end: there were `before` of them."""
    deadline = time.monotonic() + 120
    while done_packs(folder) <= before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no pack came to its end"
        time.sleep(0.05)


def seconds_by_run(folder: Path) -> dict[str, float]:
    """How long each finished run of the packs in work/ took; a second training would differ."""
    done = [marker.parent for marker in folder.glob("work/*/done.json")]
    tables = [pd.read_parquet(pack / "runs.parquet") for pack in done]
    return {row.run_id: row.seconds for table in tables for row in table.itertuples()}


def assert_complete_and_equal(folder: Path, undisturbed: Path) -> None:
    """Every run is finished, with the bits and verdicts of the undisturbed run."""
    assert set(load(folder).runs["status"]) == {"finished"}
    assert not (folder / "work").exists()
    for file in ("history.parquet", "verdicts.json"):
        assert (folder / file).read_bytes() == (undisturbed / file).read_bytes()
    assert load(folder).trials == load(undisturbed).trials


def test_kill_9_of_the_driver_at_several_moments_loses_no_finished_pack(name, spec, undisturbed):
    """Resumed each time by the same command."""
    folder = spec.parent / "killed" / "kill_me"
    done: dict[str, float] = {}
    for moment in ("at once", "in training", "in training"):
        before = done_packs(folder)
        process = start(spec, "killed", "--workers", WORKERS[name])
        if moment == "in training":
            wait_for_a_pack(process, folder, before)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        now = seconds_by_run(folder)
        assert done.items() <= now.items()
        done = now
    assert done
    finish(spec, "killed", "--workers", WORKERS[name])
    runs = load(folder).runs.set_index("run_id")["seconds"]
    assert {run_id: runs[run_id] for run_id in done} == done
    assert_complete_and_equal(folder, undisturbed)


@GRID_ALONE
def test_ctrl_c_and_sigterm_exit_130_and_the_same_command_goes_on(spec, undisturbed):
    """They say how to go on, without a traceback."""
    folder = spec.parent / "interrupted" / "kill_me"
    for number in (signal.SIGINT, signal.SIGTERM):
        before = done_packs(folder)
        process = start(spec, "interrupted", "--workers", "2")
        wait_for_a_pack(process, folder, before)
        os.killpg(process.pid, number)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 130, (stdout, stderr)
        assert "go on with: vistab study" in stderr
        assert "Traceback" not in stderr
    done = seconds_by_run(folder)
    finish(spec, "interrupted", "--workers", "2")
    runs = load(folder).runs.set_index("run_id")["seconds"]
    assert {run_id: runs[run_id] for run_id in done} == done
    assert_complete_and_equal(folder, undisturbed)


@GRID_ALONE
def test_a_killed_worker_costs_nothing_but_time(spec, undisturbed):
    """Its pack is taken up again; the command ends as if nothing had happened."""
    folder = spec.parent / "robbed" / "kill_me"
    process = start(spec, "robbed", "--workers", "2", "--json")
    wait_for_a_pack(process, folder, 0)
    os.kill(a_worker_of(process.pid), signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert json.loads(stdout)["status"] == {"finished": 12}
    assert_complete_and_equal(folder, undisturbed)


def a_worker_of(driver: int) -> int:
    """The process id of a worker that trains packs for the driver."""
    parents, names = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        pid = int(stat.parent.name)
        parents[pid] = int(stat.read_text().rpartition(")")[2].split()[1])
        names[pid] = (stat.parent / "cmdline").read_text()
    trials = [pid for pid, name in names.items() if "ImplicitFunc" in name or "_trial" in name]
    mine = [pid for pid in trials if descends(pid, driver, parents)]
    assert mine, [name for name in names.values() if name.startswith("ray::")]
    return mine[0]


def descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    """Whether a process was started by another, directly or not."""
    while pid > 1 and pid != ancestor:
        pid = parents.get(pid, 0)
    return pid == ancestor
