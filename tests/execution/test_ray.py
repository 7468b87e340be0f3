"""Ray Tune as the engine: the same bits as the local one, quiet, local, and it cleans up."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vistab.errors import RequestError
from vistab.execution import local, ray_tune
from vistab.results import load
from vistab.results.store import open_store

pytestmark = pytest.mark.ray


@dataclass
class Listening:
    """Takes progress reports; notes where the process tree listens, and Ray's temporary folder."""

    note: Path
    reports: list = field(default_factory=list)
    addresses: set = field(default_factory=set)
    scratch: set = field(default_factory=set)

    def __call__(self, report):
        """One progress report."""
        self.reports.append(report)
        if not report.outcomes:
            self.addresses |= listening_addresses()
            self.scratch.add(Path(self.note.read_text()))


def listening_addresses() -> set[str]:
    """Local addresses (hex, as the kernel writes them) of the process tree's TCP listeners."""
    inodes = set().union(*(socket_inodes(pid) for pid in process_tree()))
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    listen = "0A"
    return {row[1].split(":")[0] for row in rows if row[3] == listen and row[9] in inodes}


def process_tree() -> set[int]:
    """This process and all of its descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended as we looked
    tree = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return tree


def socket_inodes(pid: int) -> set[str]:
    """Inodes of the sockets that a process holds."""
    found = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(link)
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        pass  # it ended as we looked
    return found


@pytest.fixture(scope="module")
def on_ray(fragile_plan, folder):
    """A study run on Ray with two workers: results folder and what was reported."""
    with open_store(folder / "ray", fragile_plan.study) as store:
        listener = Listening(store.work / "scratch")
        ray_tune.execute(fragile_plan, store, workers=2, on_progress=listener)
        store.consolidate(fragile_plan)
    return store.folder, listener


def test_ray_trains_the_same_bits_as_the_local_engine(on_ray, fragile_plan, folder):
    """Histories and samples of all finished runs are equal, byte for byte."""
    with open_store(folder / "local", fragile_plan.study) as store:
        local.execute(fragile_plan, store)
        store.consolidate(fragile_plan)
    ours, theirs = on_ray[0], store.folder
    assert (ours / "history.parquet").read_bytes() == (theirs / "history.parquet").read_bytes()
    names = [path.name for path in (theirs / "samples").iterdir()]
    assert names
    for name in names:
        assert (ours / "samples" / name).read_bytes() == (theirs / "samples" / name).read_bytes()
    columns = ["run_id", "status", "outcome", "severity", "final_coverage"]
    assert load(ours).runs[columns].equals(load(theirs).runs[columns])


def test_a_pack_that_raises_is_recorded_and_the_study_goes_on(on_ray):
    """As with the local engine, with the traceback of the worker."""
    runs = load(on_ray[0]).runs
    expected = runs["family.batch_norm"].map({True: "crashed", False: "finished"})
    assert runs["status"].tolist() == expected.tolist()
    crashed = runs.loc[runs["status"] == "crashed", "error"]
    assert crashed.str.contains("RuntimeError: no batch norm here").all()


def test_progress_comes_in_from_the_workers(on_ray):
    """While packs train, and once with what came of each."""
    reports = on_ray[1].reports
    training = [report for report in reports if not report.outcomes]
    assert any(0 < report.round <= report.rounds for report in training)
    assert {(report.seen - 16 * report.round, report.data_size) for report in training} == {
        (0, None)
    }
    last = {report.pack_id: report for report in reports}
    assert sum(report.outcomes.get("crashed", 0) for report in last.values()) == 2
    assert sum(sum(report.outcomes.values()) for report in last.values()) == 4


def test_every_listener_is_on_loopback(on_ray):
    """Whoever reaches a Ray port can run code, so none may be reachable from elsewhere."""
    loopback = {"0100007F", "0" * 24 + "01000000", "0000000000000000FFFF00000100007F"}
    assert on_ray[1].addresses
    assert on_ray[1].addresses <= loopback


def test_nothing_is_left_behind(on_ray):
    """No processes, no temporary folders, no ~/ray_results; the token is the user's alone."""
    import ray

    assert not ray.is_initialized()
    (scratch,) = on_ray[1].scratch
    assert not scratch.exists()
    assert not on_ray[1].note.exists()
    assert not (Path.home() / "ray_results").exists()
    token = Path.home() / ".ray" / "auth_token"
    assert not token.exists() or token.stat().st_mode & 0o077 == 0


def test_the_next_session_removes_what_a_killed_one_left(tmp_path):
    """By the note in work/; a note that names anything else removes nothing."""
    from vistab.execution.cluster import _scratch

    left, other = tmp_path / "vistab-abc", tmp_path / "other"
    for folder in (left, other):
        folder.mkdir()
        (tmp_path / "note").write_text(str(folder))
        with _scratch(tmp_path / "note") as scratch:
            assert scratch.exists()
        assert not scratch.exists()
    assert not left.exists()
    assert other.exists()


@pytest.mark.slow
def test_a_pack_that_asks_for_more_than_there_is_is_refused(plan_of, folder):
    """It would wait for ever otherwise."""
    plan = plan_of()
    resources = plan.study.resources.model_copy(update={"gpus_per_pack": 1000})
    from dataclasses import replace

    asks = replace(plan, study=plan.study.model_copy(update={"resources": resources}))
    with (
        open_store(folder / "gpu", plan.study) as store,
        pytest.raises(RequestError, match="gpus_per_pack"),
    ):
        ray_tune.execute(asks, store, workers=1)
