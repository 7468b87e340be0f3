"""How many packs are trained at once: by cores, by shares of GPUs, by what is asked."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.errors import RequestError
from vistab.execution import cluster as clusters
from vistab.execution.cluster import _check_room, _check_share, _held, _times, workers_here
from vistab.execution.shared import answer_of, raise_unless_seen, why_not_seen
from vistab.spec.study import ResourcesSpec


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretends that this machine has so many cores and GPUs."""

    def pretend(cores: int, gpus: int = 0) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
        monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)

    return pretend


def node(cores: float, gpus: float = 0, *, alive: bool = True) -> dict[str, Any]:
    """A machine as Ray describes it."""
    return {"Alive": alive, "Resources": {"CPU": cores} | ({"GPU": gpus} if gpus else {})}


def asks(cpus: float = 1, gpus: float = 0) -> ResourcesSpec:
    return ResourcesSpec(cpus_per_pack=cpus, gpus_per_pack=gpus)


def test_cores_hold_as_many_packs_as_go_into_them(machine: Any) -> None:
    """At least one, however large the packs are."""
    machine(8)
    expected = {1: 8, 3: 2, 0.5: 16, 0.1: 80, 99: 1}
    assert {cpus: workers_here(asks(cpus)) for cpus in expected} == expected


@pytest.mark.parametrize(
    ("cores", "gpus", "cpus", "share", "held"),
    [
        (16, 1, 1, 1, 1),
        (16, 2, 1, 1, 2),
        (16, 1, 1, 0.25, 4),
        (16, 2, 1, 0.3, 6),  # three to each: none has its share on two GPUs
        (16, 8, 1, 2, 4),
        (2, 1, 1, 0.25, 2),  # the cores hold no more ...
        (2, 1, 0.25, 0.25, 4),  # ... unless packs are content with less of them
        (16, 0, 1, 1, 1),  # who asks in vain is told so when Ray is up
    ],
)
def test_gpus_hold_shares_of_themselves(
    cores: int, gpus: int, cpus: float, share: float, held: int, machine: Any
) -> None:
    """As cores do; whichever holds fewer counts, here and in a cluster of such machines."""
    machine(cores, gpus)
    resources = asks(cpus, share)
    assert workers_here(resources) == held
    if gpus:
        assert _held(node(cores, gpus), resources) == held
        assert _held(node(cores, gpus, alive=False), resources) == 0


def test_more_can_be_asked_of_cores_but_not_of_gpus(machine: Any) -> None:
    """Threads take turns; memory does not."""
    machine(2, 1)
    assert workers_here(asks(), 5) == 5
    assert workers_here(asks(gpus=0.5), 5) == 2
    assert workers_here(asks(gpus=0.5), 1) == 1


def test_gpus_are_not_looked_for_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch takes seconds to import."""
    monkeypatch.setattr("torch.cuda.device_count", None)
    assert workers_here(asks()) >= 1


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, 6), (3, 3), (9, 6)], ids=["default", "fewer", "too many"]
)
def test_a_cluster_holds_what_its_machines_hold(
    asked: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what this one has; a search must not ask for suggestions that nobody trains yet."""
    clusters.ensure_environment()  # Ray reads it as it is imported
    import ray

    nodes = [node(2, 1), node(8, 2), node(64, 8, alive=False), node(64)]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    assert clusters.workers_of_cluster(asks(gpus=0.4), asked) == expected


@given(st.integers(1, 64), st.integers(1, 100))
def test_a_part_goes_into_the_whole_as_often_as_it_does(whole: int, times: int) -> None:
    """Also where floats say 29.999..., and no more often than exact fractions do."""
    assert _times(whole, whole / times) == times
    part = round(0.01 * times, 2)
    assert _times(whole, part) == Fraction(whole) // Fraction(times, 100)


def test_ray_hands_out_whole_gpus_or_parts_of_one() -> None:
    for share in (0, 0.1, 0.3, 1, 2):
        _check_share(share)
    with pytest.raises(RequestError, match=r"above 1 a whole number, 1\.5 got; nearest: 1"):
        _check_share(1.5)


def test_cores_and_gpu_must_be_in_the_same_machine() -> None:
    """One has enough of each, the other of neither."""
    nodes = [node(8), node(1, 1)]
    _check_room([*nodes, node(2, 1)], asks(2, 1))
    with pytest.raises(RequestError, match="room for 2 cpus_per_pack and 1 gpus_per_pack"):
        _check_room(nodes, asks(2, 1))


def test_a_cluster_that_holds_nothing_yet_may_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its search asks for one suggestion at a time, or for as many as workers were asked for."""
    clusters.ensure_environment()
    import ray

    monkeypatch.setattr(ray, "nodes", lambda: [node(0)])
    assert clusters.workers_of_cluster(asks()) == 1
    assert clusters.workers_of_cluster(asks(), 8) == 8


HEAD = "cd13fdbd785a550a505cbe5ca907f0aafec91170b86c654d439b9371"


@pytest.mark.parametrize(
    ("kind", "grows"), [("ray.head.default", True), (f"node_{HEAD}", False)], ids=["yes", "no"]
)
def test_the_monitor_tells_whether_a_cluster_may_grow(
    kind: str, grows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Ray 2.60 reports it: machines that an autoscaler manages have types of its own."""
    clusters.ensure_environment()
    from ray.experimental import internal_kv

    status = {"autoscaler_report": {"node_type_mapping": {HEAD: kind}}}
    monkeypatch.setattr(internal_kv, "_internal_kv_get", lambda key: json.dumps(status))
    assert clusters._may_grow([node(0)], asks()) is grows
    assert not clusters._may_grow([node(0), node(2)], asks())  # there is room already


def test_a_cluster_without_a_monitor_is_given_the_benefit_of_the_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clusters.ensure_environment()
    from ray.experimental import internal_kv

    monkeypatch.setattr(clusters.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(internal_kv, "_internal_kv_get", lambda key: None)
    assert clusters._may_grow([node(0)], asks())


def test_a_machine_that_does_not_see_the_folder_is_told_by_name(tmp_path: Path) -> None:
    """Before anything is trained; one that sees it is content."""
    (tmp_path / ".seen").touch()
    assert why_not_seen(str(tmp_path / ".seen")) == ""
    assert why_not_seen(str(tmp_path / "elsewhere" / ".seen")) == "it is not there"
    assert [path.name for path in tmp_path.iterdir()] == [".seen"]
    raise_unless_seen(tmp_path, {})
    with pytest.raises(
        RequestError, match=r"must see .* path: node7 \(10.0.0.7\): it is not there"
    ):
        raise_unless_seen(tmp_path, {"node7 (10.0.0.7)": "it is not there"})


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("TaskUnschedulableError", ""),
        ("NodeDiedError", ""),
        ("GetTimeoutError", "it cannot be asked (GetTimeoutError)"),
        (None, "it is not there"),
    ],
)
def test_a_machine_that_was_lost_since_it_was_listed_is_none_that_does_not_see(raised, told):
    """Ray lists a machine for some seconds after it was lost, and trains nothing there."""
    names = ("TaskUnschedulableError", "NodeDiedError", "GetTimeoutError")
    errors = {name: type(name, (Exception,), {}) for name in names}

    def get(reference, timeout):
        if raised is not None:
            raise errors[raised]
        return "it is not there"

    assert answer_of(SimpleNamespace(get=get, exceptions=SimpleNamespace(**errors)), None) == told
