"""What a study takes on disk by arithmetic, against what is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vistab.cli import main
from vistab.plan import disk, make_plan
from vistab.plan.disk import disk_use, evidence_bytes, state_bytes
from vistab.plan.model import Plan
from vistab.spec.families import FamilySpec
from vistab.spec.load import load_study
from vistab.training import checkpoints, pictures, train_pack

STUDY = """
study: small
target: {kind: %s}
family: {kind: %s, network: {width: 256, depth: 1}}
budget: {rounds: 12, batch_size: 16, snapshots: 12, snapshot_samples: 200}
replicates: 8
resources: {pack: 4}
"""
CASES = [("ring", "gan"), ("ring", "ali"), ("digits", "gan"), ("digits", "vae")]
SLOW = [pytest.param(kinds, marks=pytest.mark.slow) for kinds in CASES[1:]]


@pytest.fixture
def planned(write: Callable[[str], Path]) -> Callable[..., Plan]:
    """The plan of STUDY for a target and a family."""
    return lambda *kinds: make_plan(load_study(write(STUDY % kinds)))


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_what_is_reckoned_with_is_what_is_kept() -> None:
    """Counts that the trainer decides on; plans cannot read them there."""
    assert disk.FRAMES == pictures.SNAPSHOTS
    assert (disk.SAMPLES, disk.IMAGES, disk.NEAREST) == (
        pictures.SAMPLES,
        pictures.IMAGES,
        pictures.COMPARED,
    )
    assert checkpoints.KEPT + 1 == disk.CHECKPOINTS


@pytest.mark.parametrize(
    "kinds",
    [CASES[0], *(pytest.param(kinds, marks=pytest.mark.slow) for kinds in CASES[1:])],
    ids=str,
)
def test_a_checkpoint_is_as_large_as_it_is_said_to_be(
    kinds: tuple[str, str], planned: Callable[..., Plan], tmp_path: Path
) -> None:
    """The last one of a pack, at least where it is large."""
    pack = planned(*kinds).packs[0]
    train_pack(pack, tmp_path, checkpoint_seconds=0.0)
    state = state_bytes(pack.runs[0].arm.settings)
    assert state is not None
    taken = checkpoints.saved(tmp_path)[-1].stat().st_size / len(pack.runs)
    assert taken / 1.5 < state < taken * 1.5


@pytest.mark.slow
@pytest.mark.parametrize("kinds", CASES, ids=str)
def test_a_results_folder_is_as_large_as_it_is_said_to_be(
    kinds: tuple[str, str], planned: Callable[..., Plan], write: Callable[[str], Path]
) -> None:
    """Within a factor of two."""
    path = write(STUDY % kinds)
    words = ["study", str(path), "--out", str(path.parent), "--engine", "local", "--quiet"]
    assert main(words) == 0
    taken = size_of(path.parent / "small")
    assert taken / 2 < disk_use(planned(*kinds), 1).kept < taken * 2


def test_more_packs_at_once_take_more_until_all_are_at_work(planned: Callable[..., Plan]) -> None:
    """Two packs: three checkpoints each, and what is kept, twice for a moment."""
    plan = planned("digits", "gan")
    none, one, both, many = (disk_use(plan, at_once) for at_once in (0, 1, 2, 9))
    state = state_bytes(plan.packs[0].runs[0].arm.settings)
    assert none.running is not None
    assert one.running is not None
    assert state is not None
    assert none.running == 2 * none.kept
    assert one.running - none.running == 3 * 4 * state
    assert one.running < both.running  # type: ignore[operator]
    assert both == many
    assert {one.kept, both.kept} == {none.kept}


@pytest.mark.parametrize(
    ("kind", "settings", "more"),
    [
        ("ring", {"snapshots": 40}, 28 * 2 * (16 + 8)),
        ("digits", {"snapshots": 40}, 28 * 2 * (16 + 100)),
        ("ring", {"snapshots": 4}, -8 * 2 * (16 + 8) - 4 * 200 * 2 * 2),
    ],
)
def test_evidence_grows_with_snapshots_and_pictures_up_to_eight(
    kind: str, settings: dict[str, Any], more: int, planned: Callable[..., Plan]
) -> None:
    """A row of the history more each, and a picture while there are fewer than eight."""
    before = planned(kind, "gan").arms[0].settings
    budget = before.budget.model_copy(update=settings)
    assert evidence_bytes(before.model_copy(update={"budget": budget})) == (
        evidence_bytes(before) + more
    )


def test_of_a_family_of_ones_own_no_checkpoint_is_made_up(planned: Callable[..., Plan]) -> None:
    """What is kept is known still."""

    class Own(FamilySpec):
        pass

    plan = planned("ring", "gan")
    settings = plan.arms[0].settings.model_copy(update={"family": Own(kind="own:FAMILY")})
    packs = tuple(
        replace(pack, runs=tuple(_with(run, settings) for run in pack.runs)) for pack in plan.packs
    )
    use = disk_use(replace(plan, packs=packs), 2)
    assert use.running is None
    assert use.kept == disk_use(plan, 2).kept


def _with(run: Any, settings: Any) -> Any:
    return replace(run, arm=replace(run.arm, settings=settings))
