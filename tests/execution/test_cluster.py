"""A study on a Ray cluster that is there already: the same bits, shares of GPUs, a lost node."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from vistab.errors import MachineError, RequestError
from vistab.execution import local
from vistab.execution.cluster import LOOPBACK, _check_room, cluster
from vistab.execution.packs import present, slot_of
from vistab.results import load
from vistab.results.store import open_store
from vistab.spec.study import ResourcesSpec

pytestmark = [pytest.mark.slow, pytest.mark.ray]

SPEC = """
study: clustered
target: {kind: ring, modes: 4}
family: {kind: gan, generator_steps: 2, network: {width: 16, depth: 1}}
budget: {rounds: 20, batch_size: 16, snapshots: 4, snapshot_samples: 100}
replicates: 3
axes: {family.regularizer.weight: [0, 5]}
resources: {pack: 1}
"""


@pytest.fixture(scope="module")
def seen(folder):
    """What on_a_cluster.py saw; its results are in the folder."""
    (folder / "clustered.yaml").write_text(SPEC)
    script = Path(__file__).with_name("on_a_cluster.py")
    done = subprocess.run(
        [sys.executable, script, folder, folder / "clustered.yaml"],
        env={key: value for key, value in os.environ.items() if not key.startswith("RAY_")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def at_home(plan_of, folder):
    """The history of the same study, trained by the local engine."""
    plan = plan_of(SPEC)
    with open_store(folder / "local", plan.study) as store:
        local.execute(plan, store)
        store.consolidate(plan)
    return (store.folder / "history.parquet").read_bytes()


@pytest.mark.parametrize("name", ["gpus", "command", "removed", "shares"])
def test_a_cluster_trains_the_same_bits(name, seen, at_home, folder):
    """Through the engine, through the command line, and with a node removed in between."""
    results = folder / name / "clustered"
    assert set(load(results).runs["status"]) == {"finished"}
    assert (results / "history.parquet").read_bytes() == at_home
    assert seen["code"] == 0
    assert not seen["initialized"]


def test_shares_of_a_gpu_are_scheduled_several_at_once(seen):
    """Four packs with half a GPU each on two nodes: two on each, each told which GPU is its own."""
    first = seen["gpus"][:4]
    assert set(Counter(note["node"] for note in first).values()) == {2}
    assert {note["gpus"] for note in seen["gpus"]} == {"0"}
    assert {note["asked"] for note in seen["gpus"]} == {"cuda"}
    assert len(seen["gpus"]) == 6


def test_as_many_packs_are_on_a_gpu_as_it_has_shares(seen):
    """Quarters: four at once on the one GPU left, though its cores would hold eight; then two."""
    assert [note["called"] for note in seen["shares"]][:4] == [4] * 4
    assert {note["gpus"] for note in seen["shares"]} == {"0"}
    assert len(seen["shares"]) == 6


def test_a_pack_whose_node_is_removed_is_trained_elsewhere(seen):
    """It had begun there; one attempt more than there are packs."""
    nodes = [note["node"] for note in seen["removed"]]
    assert seen["victim"] in nodes
    assert len(nodes) > 6
    assert {note["asked"] for note in seen["removed"]} == {"cpu"}


def test_an_address_at_which_nothing_answers_is_a_wrong_request(tmp_path, monkeypatch):
    """At once; and nothing is started on this machine instead."""
    for name in LOOPBACK:
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(RequestError, match="no Ray cluster answers there"),
        cluster(ResourcesSpec(), None, "127.0.0.1:1", tmp_path),
    ):
        pass
    assert not set(LOOPBACK) & set(os.environ)
    assert list(tmp_path.iterdir()) == []


def test_a_pack_must_fit_into_one_machine():
    """Two machines with a GPU each hold no pack that needs two."""
    nodes = [
        {"Alive": True, "Resources": {"CPU": 2.0, "GPU": 1.0}},
        {"Alive": True, "Resources": {"CPU": 4.0, "GPU": 1.0}},
        {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
    ]
    _check_room(nodes, ResourcesSpec(cpus_per_pack=4, gpus_per_pack=1))
    with pytest.raises(RequestError, match="gpus_per_pack: at most 1 here, 2 got"):
        _check_room(nodes, ResourcesSpec(gpus_per_pack=2))
    with pytest.raises(RequestError, match="cpus_per_pack: at most 4 here, 5 got"):
        _check_room(nodes, ResourcesSpec(cpus_per_pack=5))


def test_a_gpu_that_torch_cannot_find_is_told(monkeypatch):
    """In the pack's own process; a fake probe stands in for one."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(MachineError, match="torch finds no CUDA here"):
        present("cuda")
    assert present("cpu") == "cpu"
    assert slot_of(ResourcesSpec(gpus_per_pack=1), lambda device: "cpu").probe("cuda") == "cpu"
