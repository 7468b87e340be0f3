"""Packs whose worker dies between two packs, where Tune itself does not try again."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from vistab.execution import local, ray_tune
from vistab.results.store import open_store

STUDY = """
study: tiny
target: {kind: ring, modes: 4}
family: {kind: gan, network: {width: 8, depth: 1}}
budget: {rounds: 2, batch_size: 16, snapshots: 1, snapshot_samples: 100}
replicates: 3
resources: {pack: 1}
"""


@pytest.fixture
def tune_losing(monkeypatch):
    """Replaces a pass of Tune by one that loses packs: `tune_losing(plan, [index, ...], ...)`."""

    def replace_tune(plan, *lost_in_pass):
        passes = []

        def tune(session, name, todo, *rest):
            gone = [plan.packs[k].pack_id for k in lost_in_pass[len(passes)]]
            passes.append(list(todo))
            kept = tuple(pack for id_, pack in todo.items() if id_ not in gone)
            local.execute(replace(plan, packs=kept), session.store)
            return {pack_id: RuntimeError("worker died") for pack_id in gone[:1]}

        monkeypatch.setattr(ray_tune.Session, "_tune", tune)
        monkeypatch.setattr(ray_tune, "cluster", lambda *given: nullcontext(given[-1]))
        return passes

    return replace_tune


def test_what_left_no_record_is_tuned_once_more(plan_of, tmp_path, tune_losing):
    """And nothing else is."""
    plan = plan_of(STUDY)
    passes = tune_losing(plan, [1], [])
    with open_store(tmp_path, plan.study) as store:
        ray_tune.execute(plan, store)
        assert all(store.pack_folder(pack.pack_id).done() for pack in plan.packs)
    assert [len(packs) for packs in passes] == [3, 1]
    assert passes[1] == [plan.packs[1].pack_id]


def test_what_is_lost_again_is_recorded_as_crashed(plan_of, tmp_path, tune_losing):
    """With the trial's error where there is one; without a word where Ray has lost the trial."""
    plan = plan_of(STUDY)
    tune_losing(plan, [0, 1], [0, 1])
    with open_store(tmp_path, plan.study) as store:
        ray_tune.execute(plan, store)
        crashes = [store.pack_folder(pack.pack_id).crash() for pack in plan.packs]
    assert "worker died" in crashes[0]["error"]
    assert "without a word" in crashes[1]["error"]
    assert crashes[2] is None
