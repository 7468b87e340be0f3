"""Which runs share a pack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from vistab.plan import make_plan
from vistab.plan.memory import GIB, run_memory
from vistab.plan.model import Pack, Plan
from vistab.plan.packs import pack_size, program_of
from vistab.results.search_log import log_of
from vistab.spec.axes import get, sections_of, sweepable_fields
from vistab.spec.families import EmFamily, FamilySpec
from vistab.spec.load import load_study

STACKED = """
axes:
  optimizer.learning_rate: [1e-3, 2e-3, 4e-3]
  family.regularizer.weight: [0, 1, 5, 20]
"""
SPLIT = STACKED + "  family.generator_steps: [1, 2, 5]\n  family.batch_norm: [false, true]\n"
IDENTICAL = "claims: [{id: A, says: s, kind: identical, vary: "


def sizes(plan: Plan) -> list[int]:
    """The number of runs of each pack."""
    return [len(pack.runs) for pack in plan.packs]


def by_program(plan: Plan) -> dict[object, list[Pack]]:
    """The packs of each program."""
    groups: dict[object, list[Pack]] = {}
    for pack in plan.packs:
        groups.setdefault(program_of(pack.runs[0].arm.settings), []).append(pack)
    return groups


def test_runs_of_a_pack_differ_in_stacking_fields_alone(plan: Callable[[str], Plan]) -> None:
    """Every splitting field has one value in a pack."""
    made = plan(SPLIT)
    splitting = [
        path
        for path, field in sweepable_fields(sections_of(made.study)).items()
        if not field.stacks
    ]
    for pack in made.packs:
        for path in splitting:
            assert len({get(run.arm.settings, path) for run in pack.runs}) == 1


def test_packs_of_a_program_are_equally_large(plan: Callable[[str], Plan]) -> None:
    """120 runs of each of six programs: two packs of 60 each."""
    assert sizes(plan(SPLIT)) == [60] * 12


@pytest.mark.parametrize("replicates", [1, 2, 7, 11, 13, 97])
def test_packs_of_a_program_differ_by_one_run_at_most(
    plan: Callable[[str], Plan], replicates: int
) -> None:
    """Also when the runs cannot be divided; and none is larger than the rule says."""
    made = plan(f"replicates: {replicates}\n{SPLIT}")
    for packs in by_program(made).values():
        lengths = [len(pack.runs) for pack in packs]
        assert max(lengths) - min(lengths) <= 1
        assert max(lengths) <= 64


def test_replicates_stay_together(plan: Callable[[str], Plan]) -> None:
    """Runs are ordered by replicate, then arm, so that draws are shared within a pack."""
    for pack in plan(STACKED).packs:
        replicates = [run.replicate for run in pack.runs]
        assert replicates == sorted(replicates)
        assert len(set(replicates)) == 5


def test_one_program_makes_two_packs_for_two_workers(plan: Callable[[str], Plan]) -> None:
    """A small study does not leave the second core idle."""
    assert sizes(plan("replicates: 8\naxes: {family.regularizer.weight: [0, 5]}")) == [8, 8]


def test_a_given_size_is_kept_to(plan: Callable[[str], Plan]) -> None:
    """`pack: 10` makes packs of ten, `pack: 1` one program a run."""
    assert sizes(plan(STACKED + "resources: {pack: 10}")) == [10] * 12
    assert sizes(plan(STACKED + "resources: {pack: 1}")) == [1] * 120
    assert sizes(plan(STACKED + "resources: {pack: 1000}")) == [120]


def test_the_size_rule_is_fixed(plan: Callable[[str], Plan]) -> None:
    """Small networks and mixtures go 64 to a pack on a CPU, more on a GPU; unknown ones alone."""
    settings = plan("").arms[0].settings
    assert pack_size(settings) == 64
    assert pack_size(settings, "cuda") > 64
    assert pack_size(settings, "abacus") == 1
    em = settings.model_copy(update={"family": EmFamily(kind="em")})
    own = settings.model_copy(update={"family": FamilySpec(kind="em:EM")})
    assert (pack_size(em), pack_size(own)) == (64, 1)


IMAGES = """
study: images
target: {kind: digits}
family: {kind: gan, network: {kind: dcgan}, batch_norm: true}
replicates: 16
"""


def images(write: Callable[[str], Path], resources: str) -> Plan:
    """A plan of convolutional networks."""
    return make_plan(load_study(write(f"{IMAGES}resources: {{{resources}}}")))


def test_convolutional_networks_go_alone_on_a_cpu_and_a_few_to_a_gpu(
    write: Callable[[str], Path],
) -> None:
    assert sizes(images(write, "")) == [1] * 16
    assert sizes(images(write, "gpus_per_pack: 1")) == [8] * 2


def test_a_pack_holds_what_fits_into_its_share_of_the_gpu(write: Callable[[str], Path]) -> None:
    """Half the memory or half the share, half the runs; a run that fits nowhere goes alone."""
    settings = images(write, "").arms[0].settings
    needed = run_memory(settings)
    assert needed is not None
    for runs in (1, 2, 5):
        assert pack_size(settings, "cuda", runs * needed) == runs
        assert pack_size(settings, "cuda", (runs + 1) * needed - 1) == runs
    assert pack_size(settings, "cuda", 100 * needed) == 8
    assert pack_size(settings, "cuda", needed / 2) == 1
    room_for_four = 4.5 * needed / 0.8 / GIB
    given = f"gpus_per_pack: 1, gpu_memory: {room_for_four}"
    assert sizes(images(write, given)) == [4] * 4
    assert sizes(images(write, given.replace(": 1,", ": 0.5,"))) == [2] * 8
    assert sizes(images(write, given + ", pack: 16")) == [16]


def test_the_memory_of_gpus_does_not_matter_to_packs_on_a_cpu(plan: Callable[[str], Plan]) -> None:
    assert plan(SPLIT).packs == plan(SPLIT + "resources: {gpu_memory: 0.001}").packs


SHIPPED = sorted((Path(__file__).parents[2] / "reports" / "shipped").glob("*/study.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_published_studies_are_packed_as_they_were(path: Path) -> None:
    """Every run in the pack that it was trained in: so its numbers can be had again."""
    made = make_plan(load_study(path), log_of(path.parent).trials())
    runs = pd.read_parquet(path.with_name("runs.parquet"), columns=["run_id", "pack"])
    recorded = dict(zip(runs["run_id"], runs["pack"], strict=True))
    assert {run.run_id: pack.pack_id for pack in made.packs for run in pack.runs} == recorded


@pytest.mark.parametrize("replicates", [2, 3, 7, 11, 13])
def test_packs_that_an_identical_claim_compares_are_equal(
    plan: Callable[[str], Plan], replicates: int
) -> None:
    """Across weights (one program) the packs of a program have one size, whatever the numbers."""
    made = plan(f"replicates: {replicates}\n{SPLIT}{IDENTICAL}family.regularizer.weight}}]")
    for packs in by_program(made).values():
        assert len({len(pack.runs) for pack in packs}) == 1
    assert max(sizes(made)) <= 64


def test_programs_that_an_identical_claim_compares_have_packs_of_one_size(
    plan: Callable[[str], Plan],
) -> None:
    """Anchors are two programs; one has more arms, yet all their packs are equal."""
    made = plan(
        "axes:\n  family.regularizer.anchor: [phase_start, previous_phase]\n"
        "  family.regularizer.weight: [0, 5]\n"
        "arms: [{name: more, set: {family.regularizer.weight: 1}}]\n"
        f"{IDENTICAL}family.regularizer.anchor, within: {{family.regularizer.weight: 0}}}}]"
    )
    assert [len(packs) for packs in by_program(made).values()] == [3, 2]
    assert set(sizes(made)) == {10}


def test_programs_that_are_not_compared_may_differ(plan: Callable[[str], Plan]) -> None:
    """The common size is asked of compared programs alone."""
    made = plan(
        "replicates: 7\naxes:\n  family.batch_norm: [false, true]\n"
        "  family.regularizer.weight: [0, 5]\n"
        "arms: [{name: more, set: {family.regularizer.weight: 1}}]\n"
        f"{IDENTICAL}family.regularizer.weight, within: {{family.batch_norm: true}}}}]"
    )
    assert sizes(made) == [21, 14]


def test_program_of_tells_programs_apart(plan: Callable[[str], Plan]) -> None:
    """Arms have one program if and only if they differ in stacking fields alone."""
    made = plan(SPLIT)
    programs = {program_of(arm.settings) for arm in made.arms}
    assert len(programs) == 6
