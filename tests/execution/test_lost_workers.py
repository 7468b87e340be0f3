"""What is recorded of packs whose worker was killed, whatever Ray still knows of their trials."""

from dataclasses import dataclass, replace

from vistab.execution import local
from vistab.execution.ray_tune import _record_lost_workers
from vistab.results.store import open_store

STUDY = """
study: tiny
target: {kind: ring, modes: 4}
family: {kind: gan, network: {width: 8, depth: 1}}
budget: {rounds: 2, batch_size: 16, snapshots: 1, snapshot_samples: 100}
replicates: 3
resources: {pack: 1}
"""


@dataclass
class Trial:
    """What Ray tells of a trial; one that was killed before its first report has no config."""

    path: str
    config: dict[str, str] | None
    error: Exception | None


def test_packs_without_a_record_are_crashed_and_others_are_left_alone(plan_of, tmp_path):
    """With the trial's error where there is one; without a word where Ray has lost the trial."""
    plan = plan_of(STUDY)
    killed, _, done = plan.packs
    ends = [
        Trial(f"/scratch/tune/{killed.pack_id}", None, RuntimeError("worker died")),
        Trial(f"/scratch/tune/{done.pack_id}", {"pack": done.pack_id}, None),
    ]
    with open_store(tmp_path, plan.study) as store:
        for pack in plan.packs:
            store.pack_folder(pack.pack_id).create()
        local.execute(replace(plan, packs=(done,)), store)
        _record_lost_workers(ends, {pack.pack_id: pack for pack in plan.packs}, store)
        crashes = [store.pack_folder(pack.pack_id).crash() for pack in plan.packs]
    assert "worker died" in crashes[0]["error"]
    assert "without a word" in crashes[1]["error"]
    assert crashes[2] is None
