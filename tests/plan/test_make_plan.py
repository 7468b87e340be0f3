"""From a study to its arms and runs."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.errors import StudyError
from vistab.plan import make_plan
from vistab.plan.model import Plan
from vistab.spec.axes import get
from vistab.spec.load import load_study
from vistab.spec.study import NamedArm, Study

GRID = """
axes:
  optimizer.learning_rate: [1e-3, 2e-3]
  family.generator_steps: [1, 2, 5]
  family.regularizer.weight: [0, 5]
"""


class TestArms:
    """Grid, zip groups, named arms, exclusions."""

    def test_the_grid_is_the_product_of_the_axes(self, plan: Callable[[str], Plan]) -> None:
        """Every combination once, the last axis varying fastest."""
        arms = plan(GRID).arms
        expected = itertools.product((1e-3, 2e-3), (1, 2, 5), (0.0, 5.0))
        assert [tuple(arm.assignment.values()) for arm in arms] == list(expected)

    def test_assignments_are_what_the_settings_hold(self, plan: Callable[[str], Plan]) -> None:
        """Each column is the value at its path in the arm's settings."""
        made = plan(GRID + "arms: [{name: slow, set: {optimizer.generator_scale: 0.25}}]")
        for arm in made.arms:
            assert tuple(arm.assignment) == made.columns
            assert all(get(arm.settings, path) == value for path, value in arm.assignment.items())

    def test_without_axes_there_is_the_base_arm(self, plan: Callable[[str], Plan]) -> None:
        """One arm without columns."""
        made = plan("replicates: 3")
        assert (len(made.arms), made.columns, len(made.runs)) == (1, (), 3)

    def test_zip_groups_move_together_and_cross_with_axes(
        self, plan: Callable[[str], Plan]
    ) -> None:
        """Two groups of two and three steps and an axis of two: twelve arms."""
        made = plan(
            "axes: {family.batch_norm: [false, true]}\n"
            "zip: [{family.network.width: [32, 64], family.latent_dim: [8, 16]},"
            " {target.std: {linear: [0.01, 0.03], n: 3}}]"
        )
        assert len(made.arms) == 12
        pairs = {
            (arm.settings.family.network.width, arm.settings.family.latent_dim)  # type: ignore[attr-defined]
            for arm in made.arms
        }
        assert pairs == {(32, 8), (64, 16)}

    def test_exclude_drops_matching_grid_arms_but_no_named_arm(
        self, plan: Callable[[str], Plan]
    ) -> None:
        """An excluded combination can come back as a named arm."""
        made = plan(
            GRID + "exclude: [{family.generator_steps: 1, family.regularizer.weight: 5}]\n"
            "arms: [{name: back, set: {family.generator_steps: 1, family.regularizer.weight: 5}}]"
        )
        left = [arm for arm in made.arms if tuple(arm.assignment.values())[1:] == (1, 5.0)]
        assert [arm.name for arm in left] == ["back"]
        assert len(made.arms) == 12 - 2 + 1

    def test_columns_of_named_arms_hold_their_default_elsewhere(
        self, plan: Callable[[str], Plan]
    ) -> None:
        """Paths that only named arms set are columns too."""
        made = plan(
            GRID + "arms: [{name: slow, set: {optimizer.generator_scale: 0.25},"
            " axes: {optimizer.learning_rate: [1e-3, 2e-3]}}]"
        )
        scales = {arm.name: arm.assignment["optimizer.generator_scale"] for arm in made.arms}
        assert scales == {None: 1.0, "slow": 0.25}
        assert [arm.name for arm in made.arms].count("slow") == 2

    def test_a_named_arm_of_the_grid_is_merged_and_a_note_says_so(
        self, plan: Callable[[str], Plan]
    ) -> None:
        """The two are one arm, which keeps the name; parts are merged one by one."""
        made = plan(
            GRID + "arms: [{name: twin, set: {family.regularizer.weight: 5, "
            "family.generator_steps: 5}, axes: {optimizer.learning_rate: [1e-3, 4e-3]}}]"
        )
        assert len(made.arms) == 13
        twins = [arm.assignment["optimizer.learning_rate"] for arm in made.arms if arm.name]
        assert twins == [1e-3, 4e-3]
        assert made.notes == ("arm twin is in the grid already: the two are one arm",)

    def test_list_values_are_json_text_in_assignments(self, plan: Callable[[str], Plan]) -> None:
        """Columns of a table hold scalars; the settings hold the list."""
        made = plan("axes: {optimizer.betas: [[0, 0.9], [0.5, 0.999]]}")
        assert [arm.assignment["optimizer.betas"] for arm in made.arms] == [
            "[0.0,0.9]",
            "[0.5,0.999]",
        ]
        assert made.arms[0].settings.optimizer.betas == (0.0, 0.9)

    @pytest.mark.parametrize(
        ("part", "path"),
        [
            ("axes:\n  target.weights: [[1, 2], [1, 2, 3]]", "axes.target.weights"),
            ("zip:\n  - {target.weights: [[1, 2], [1, 2, 3]]}", "zip[0].target.weights"),
            ("arms:\n  - {name: a, set: {target.weights: [1]}}", "arms[0].set.target.weights"),
        ],
    )
    def test_values_that_do_not_go_together_are_refused(
        self, write: Callable[[str], Path], part: str, path: str
    ) -> None:
        """Rules across fields are checked for every arm, and reported where the axis is named."""
        text = (
            "study: s\ntarget: {kind: mixture, centres: [[0], [1]]}\nfamily: {kind: gan}\n" + part
        )
        with pytest.raises(StudyError) as caught:
            load_study(write(text))
        (problem,) = caught.value.problems
        assert (problem.line, problem.path) == (5, path)
        assert "weights must be as many as centres" in problem.rule


class TestIds:
    """Ids are names for life: results are found by them."""

    def test_ids_are_unique_and_well_formed(self, plan: Callable[[str], Plan]) -> None:
        """a + 10 hex, -r + three digits, p + 10 hex."""
        made = plan(GRID)
        assert len({arm.arm_id for arm in made.arms}) == len(made.arms)
        assert len({run.run_id for run in made.runs}) == len(made.runs)
        assert made.runs[11].run_id == f"{made.arms[1].arm_id}-r001"
        assert all(len(pack.pack_id) == 11 and pack.pack_id[0] == "p" for pack in made.packs)

    def test_ids_are_golden(self, plan: Callable[[str], Plan]) -> None:
        """A change of this id orphans every stored result: think twice."""
        assert plan("").arms[0].arm_id == "a80574083fe"

    def test_an_arm_keeps_its_id_whatever_the_rest_of_the_study(
        self, plan: Callable[[str], Plan]
    ) -> None:
        """More axes, more arms, other claims and titles leave an arm's id alone."""
        before = {arm.arm_id for arm in plan(GRID).arms}
        more = plan(
            GRID + "  family.batch_norm: [false, true]\nreplicates: 3\ntitle: Other\n"
            "arms: [{name: slow, set: {optimizer.generator_scale: 0.25}}]"
        )
        assert before < {arm.arm_id for arm in more.arms}

    def test_plans_are_equal_across_processes(
        self, write: Callable[[str], Path], plan: Callable[[str], Plan]
    ) -> None:
        """No order of a set or hash of a process gets into a plan."""
        path = write(plan.text(GRID))  # type: ignore[attr-defined]
        code = (
            "import sys, pathlib; from vistab.plan import make_plan;"
            "from vistab.spec.load import load_study;"
            "plan = make_plan(load_study(pathlib.Path(sys.argv[1])));"
            "print(*[pack.pack_id for pack in plan.packs], *[run.run_id for run in plan.runs])"
        )
        outputs = {
            subprocess.run(
                [sys.executable, "-c", code, str(path)],
                env={"PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        }
        made = plan(GRID)
        ids = [pack.pack_id for pack in made.packs] + [run.run_id for run in made.runs]
        assert outputs == {(" ".join(ids) + "\n").encode()}


@given(
    st.dictionaries(
        st.sampled_from(["target.std", "target.radius", "optimizer.learning_rate"]),
        st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=1, max_size=3, unique=True),
    ),
    st.integers(1, 3),
)
@settings(deadline=None, max_examples=50)
def test_every_planned_run_is_in_exactly_one_pack(
    axes: dict[str, list[float]], replicates: int
) -> None:
    """Arms x replicates = runs, each packed once; the plan of a plan's study is the same plan."""
    study = Study.model_validate(
        {
            "study": "s",
            "target": _base().target,
            "family": _base().family,
            "axes": {path: tuple(values) for path, values in axes.items()},
            "replicates": replicates,
        }
    )
    made = make_plan(study)
    sizes = [len(values) for values in axes.values()]
    assert len(made.runs) == len(made.arms) * replicates
    assert len(made.arms) == len(list(itertools.product(*map(range, sizes))))
    packed = [run.run_id for pack in made.packs for run in pack.runs]
    assert sorted(packed) == sorted(run.run_id for run in made.runs)
    assert make_plan(study) == made


def _base() -> Study:
    from vistab.spec.families import GanFamily
    from vistab.spec.targets import RingTarget

    return Study(study="s", target=RingTarget(kind="ring"), family=GanFamily(kind="gan"))


def test_studies_made_in_python_are_checked_too() -> None:
    """make_plan refuses what load_study would, by place but without lines."""
    arms = (NamedArm(name="a"), NamedArm(name="b"))
    with pytest.raises(StudyError, match=r"^s: arms\[1\]: has the same settings as arm a"):
        make_plan(_base().model_copy(update={"arms": arms}))


def test_a_hundred_thousand_runs_plan_in_seconds(write: Callable[[str], Path]) -> None:
    """10,000 arms x 10 replicates (about 1 s of one core); the bound is for a busy machine."""
    text = (
        "study: large\ntarget: {kind: ring}\nfamily: {kind: gan}\nmax_runs: 100000\naxes:\n"
        "  optimizer.learning_rate: {log: [1e-5, 1e-1], n: 100}\n"
        "  family.regularizer.weight: {linear: [0, 24], n: 25}\n"
        "  family.generator_steps: [1, 2]\n  family.batch_norm: [false, true]\n"
    )
    path = write(text)
    start = time.process_time()
    made = make_plan(load_study(path))
    assert len(made.runs) == 100_000
    assert time.process_time() - start < 15
