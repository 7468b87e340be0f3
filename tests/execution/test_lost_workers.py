"""Packs whose worker dies between two packs, where Tune itself does not try again."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from vistab.execution import driver, local
from vistab.execution.packs import present
from vistab.results.record import ignore
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

        monkeypatch.setattr(driver.Session, "_tune", tune)
        monkeypatch.setattr(driver, "cluster", lambda *given: nullcontext(given[-1]))
        monkeypatch.setattr(driver, "endpoints_of_ray", dict)
        return passes

    return replace_tune


def drive(plan, store):
    """What Ray's process does."""
    driver.drive(driver.Job(plan, store, None, None, present), ignore, ignore)


def test_what_left_no_record_is_tuned_once_more(plan_of, tmp_path, tune_losing):
    """And nothing else is."""
    plan = plan_of(STUDY)
    passes = tune_losing(plan, [1], [])
    with open_store(tmp_path, plan.study) as store:
        drive(plan, store)
        assert all(store.pack_folder(pack.pack_id).done() for pack in plan.packs)
    assert [len(packs) for packs in passes] == [3, 1]
    assert passes[1] == [plan.packs[1].pack_id]


def test_what_is_lost_again_is_recorded_as_crashed(plan_of, tmp_path, tune_losing):
    """With the trial's error where there is one; without a word where Ray has lost the trial."""
    plan = plan_of(STUDY)
    tune_losing(plan, [0, 1], [0, 1])
    with open_store(tmp_path, plan.study) as store:
        drive(plan, store)
        crashes = [store.pack_folder(pack.pack_id).crash() for pack in plan.packs]
    assert "worker died" in crashes[0]["error"]
    assert "without a word" in crashes[1]["error"]
    assert crashes[2] is None


def test_a_pack_that_comes_further_each_time_is_not_given_up(plan_of, tmp_path, tune_losing):
    """Its workers died four times, but there was a new checkpoint before each but the last two."""
    plan = plan_of(STUDY)
    lost = plan.packs[1].pack_id
    passes = tune_losing(plan, [1], [1], [1], [1], [])
    with open_store(tmp_path, plan.study) as store:
        folder = store.pack_folder(lost)
        tune_once = driver.Session._tune

        def tune(*given):
            answer = tune_once(*given)
            if len(passes) in (1, 2, 3):
                (folder.path / f"round-{len(passes):09d}-0.pt").touch()
            return answer

        driver.Session._tune = tune  # undone with what the fixture put there
        drive(plan, store)
        assert folder.done()
    assert len(passes) == 5


def test_what_a_machine_did_is_not_held_against_a_pack(plan_of, tmp_path, tune_losing):
    """It is tuned again however often, until the machine is given up."""
    plan = plan_of(STUDY)
    lost = plan.packs[1].pack_id
    passes = tune_losing(plan, [1], [1], [1], [1], [])
    with open_store(tmp_path, plan.study) as store:
        tune_once = driver.Session._tune

        def tune(session, *given):
            session.blameless.add(lost)
            return tune_once(session, *given)

        driver.Session._tune = tune
        drive(plan, store)
        assert store.pack_folder(lost).done()
    assert len(passes) == 5
