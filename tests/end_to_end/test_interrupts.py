"""Killed, interrupted, robbed of a worker: the same command goes on and ends with the same bits."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
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


def start(spec: Path, out: str | Path, *options: str, **variables: str) -> subprocess.Popen:
    """The command line in a process group of its own, as a terminal would have it."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "study", spec, "--out", spec.parent / out, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | variables,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )


def heed_ctrl_c() -> None:
    """A shell has its background jobs ignore it, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(
    spec: Path, out: str | Path, *options: str, **variables: str
) -> subprocess.CompletedProcess:
    """Run the command to its end."""
    process = start(spec, out, *options, **variables)
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
    wait_for(process, lambda: done_packs(folder) > before)


def wait_for(process: subprocess.Popen, happened: Callable[[], object]) -> None:
    """Wait until something has happened while the process runs."""
    deadline = time.monotonic() + 120
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not happen"
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
    os.kill(process_of(process.pid, "ImplicitFunc", "_trial"), signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert json.loads(stdout)["status"] == {"finished": 12}
    assert_complete_and_equal(folder, undisturbed)


@pytest.mark.parametrize("victim", ["raylet/raylet", "gcs/gcs_server", "DashboardAgent"])
def test_a_killed_part_of_ray_ends_the_study_in_a_sentence(victim, tmp_path):
    """The driver itself would wait for ever. Nothing of Ray outlives it, and nothing is lost.

    Workers go on for a while without a raylet, so the two packs are longer than that.
    """
    spec = tmp_path / "kill_me.yaml"
    spec.write_text(HEAD.replace("rounds: 300", "rounds: 20000") + GRID.replace("6", "2"))
    folder = tmp_path / "out" / "kill_me"  # without the victim's name, or it would find the command
    process = start(spec, "out", "--workers", "2", "--set", "resources.checkpoint_seconds=0.5")
    wait_for(process, lambda: list(folder.glob("work/*/round-*")))
    drivers = process_of(process.pid, "execution import child")
    os.kill(process_of(process.pid, victim), signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 1, stderr
    (line,) = stderr.splitlines()
    assert line.startswith("Ray ended while packs were training: its ")
    assert "What is done is kept; go on with: vistab study" in line
    assert "raylet)" not in stdout  # Ray's own words, twenty lines of them
    assert living(drivers) == []
    kept = {path.parent.name for path in folder.glob("work/*/round-*")}
    finish(spec, "out", "--workers", "2")
    runs = load(folder).runs
    assert set(runs["status"]) == {"finished"}
    assert kept <= set(runs["pack"])


@GRID_ALONE
def test_neither_anothers_cluster_nor_a_home_that_cannot_be_written_is_in_the_way(
    spec, undisturbed
):
    """RAY_ADDRESS is for other programs; Ray's token would go to ~/.ray."""
    finish(spec, "odd", "--workers", "2", RAY_ADDRESS="10.255.255.1:6379", HOME="/proc/nowhere")
    assert_complete_and_equal(spec.parent / "odd" / "kill_me", undisturbed)


@GRID_ALONE
@pytest.mark.parametrize("engine", ["ray", "local"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_ends_the_study_in_a_sentence(engine, spec, undisturbed, tmp_path):
    """With its path and what is needed; once there is room, the same command goes on."""
    options = ("--engine", engine, "--set", "resources.checkpoint_seconds=0.1")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path]).returncode:
        pytest.skip("this container may not mount")
    try:
        process = start(spec, tmp_path, *options)
        wait_for(process, lambda: list(tmp_path.glob("kill_me/work/*/round-*")))
        filler = tmp_path / "filler"
        with suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 1, stderr
        (line,) = stderr.splitlines()
        assert line.startswith(f"{tmp_path / 'kill_me'}: no space is left on its disk. ")
        assert "make room (the study takes about " in line
        filler.unlink()
        finish(spec, tmp_path, *options)
        assert_complete_and_equal(tmp_path / "kill_me", undisturbed)
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


@GRID_ALONE
@pytest.mark.parametrize("engine", ["ray", "local"])
def test_a_folder_that_vanishes_ends_the_study_in_a_sentence(engine, spec, undisturbed, tmp_path):
    """Brought back, the same command goes on."""
    options = ("--engine", engine, "--set", "resources.checkpoint_seconds=0.1")
    folder = tmp_path / "kill_me"
    process = start(spec, tmp_path, *options)
    wait_for(process, lambda: list(folder.glob("work/*/round-*")))
    folder.rename(tmp_path / "elsewhere")
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 1, stderr
    (line,) = stderr.splitlines()
    assert line.startswith(f"{folder}: it is gone")
    assert not folder.exists()
    (tmp_path / "elsewhere").rename(folder)
    finish(spec, tmp_path, *options)
    assert_complete_and_equal(folder, undisturbed)


def living(group: int) -> list[str]:
    """What still runs of a process group; who has ended may wait for a parent to notice."""
    deadline, found = time.monotonic() + 10, ["not looked yet"]
    while found and time.monotonic() < deadline:
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                name, _, rest = stat.read_text().rpartition(")")
                state, _, its_group = rest.split()[:3]
                found += [name] if int(its_group) == group and state != "Z" else []
    return found


def process_of(driver: int, *names: str) -> int:
    """The process id of a descendant of the command whose own command has one of these in it."""
    parents, commands = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended as we looked
            pid = int(stat.parent.name)
            parents[pid] = int(stat.read_text().rpartition(")")[2].split()[1])
            commands[pid] = (stat.parent / "cmdline").read_text()
    mine = {pid: command for pid, command in commands.items() if descends(pid, driver, parents)}
    found = [pid for pid, command in mine.items() if any(name in command for name in names)]
    assert found, mine
    return found[0]


def descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    """Whether a process was started by another, directly or not."""
    while pid > 1 and pid != ancestor:
        pid = parents.get(pid, 0)
    return pid == ancestor
