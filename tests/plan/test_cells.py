"""The cells in which claims compare runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.errors import StudyError
from vistab.plan import make_plan
from vistab.plan.cells import Comparison, comparisons
from vistab.plan.model import Plan
from vistab.spec.claims import RateClaim
from vistab.spec.families import GanFamily
from vistab.spec.study import NamedArm, Study
from vistab.spec.targets import RingTarget

LR, STEPS, NORM, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.batch_norm",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
AXES = f"""
replicates: 2
axes:
  {LR}: [1e-3, 2e-3]
  {STEPS}: [1, 2, 5]
  {NORM}: [false, true]
  {WEIGHT}: [0, 1, 5]
"""
SIDES = f"treatment: {{{WEIGHT}: 5}}, control: {{{WEIGHT}: 0}}"


def compared(plan: Callable[[str], Plan], claim: str, rest: str = "") -> list[Comparison]:
    """The comparisons of one claim over the axes above."""
    made = plan(f"{AXES}{rest}\nclaims: [{{id: A, says: s, {claim}}}]")
    return list(comparisons(made, made.study.claims[0]))


def test_a_rate_claim_pairs_runs_that_differ_on_the_named_axis_alone(
    plan: Callable[[str], Plan],
) -> None:
    """2 replicates x 2 rates x 3 steps x 2 norms, one run on each side."""
    (one,) = compared(plan, f"kind: rate, {SIDES}, expect: lower")
    assert one.columns == (LR, STEPS, NORM)
    assert (one.label, one.sides, one.levels) == (
        f"{WEIGHT} = 0",
        ("treatment", "control"),
        (None,),
    )
    assert (len(one.cells), one.left_out) == (24, 0)
    assert one.cells[0].key == (1e-3, 1, False)
    assert all(len(runs) == 1 for cell in one.cells for runs in cell.runs.values())
    assert [cell.replicate for cell in one.cells] == [0] * 12 + [1] * 12


def test_within_filters_both_sides(plan: Callable[[str], Plan]) -> None:
    """One norm and two of three steps: a third of the cells."""
    (one,) = compared(
        plan, f"kind: rate, {SIDES}, expect: lower, within: {{{NORM}: false, {STEPS}: [2, 5]}}"
    )
    assert len(one.cells) == 8
    assert {cell.key[1:] for cell in one.cells} == {(2, False), (5, False)}


def test_an_axis_that_one_side_alone_names_has_one_value_on_the_other(
    plan: Callable[[str], Plan],
) -> None:
    """`within` keeps both sides to it; so each side of a cell is one run."""
    (one,) = compared(
        plan,
        f"kind: rate, expect: lower, treatment: {{{WEIGHT}: 5}},"
        f" control: {{{WEIGHT}: 0, {STEPS}: 1}}, within: {{{STEPS}: 1}}",
    )
    assert one.columns == (LR, NORM)
    runs = one.cells[0].runs
    assert (len(runs["treatment", None]), len(runs["control", None])) == (1, 1)


def test_incomplete_cells_are_left_out_and_counted(plan: Callable[[str], Plan]) -> None:
    """Cells whose other side was excluded do not count."""
    (one,) = compared(
        plan, f"kind: rate, {SIDES}, expect: lower", f"exclude: [{{{STEPS}: 1, {WEIGHT}: 5}}]"
    )
    assert (len(one.cells), one.left_out) == (16, 8)


def test_each_control_has_its_comparison(plan: Callable[[str], Plan]) -> None:
    """`{arm: NAME}` names the paths of the arm's set; the arm's own axes stay in the cells."""
    rest = (
        f"arms: [{{name: slow, set: {{{SCALE}: 0.25, {STEPS}: 2}}, axes: {{{LR}: [1e-3, 2e-3]}}}}]"
    )
    first, second = compared(
        plan,
        f"kind: rate, treatment: {{{WEIGHT}: 5}}, control: [{{{WEIGHT}: 1}}, {{arm: slow}}],"
        f" expect: lower, within: {{{NORM}: false, {STEPS}: 2}}",
        rest,
    )
    assert (first.label, second.label) == (f"{WEIGHT} = 1", "slow")
    assert first.columns == (LR, STEPS, NORM, SCALE)
    assert second.columns == (LR, NORM)
    assert (len(second.cells), second.left_out) == (4, 0)
    assert len(second.cells[0].runs["treatment", None]) == 1


def test_a_column_of_named_arms_keeps_them_apart(plan: Callable[[str], Plan]) -> None:
    """A trend does not mix the slow arm into the others: it is its own, incomplete, cell."""
    rest = f"arms: [{{name: slow, set: {{{SCALE}: 0.25}}}}]"
    (one,) = compared(
        plan, f"kind: trend, along: {STEPS}, arms: {{{WEIGHT}: 0}}, expect: higher", rest
    )
    assert one.levels == (1, 2, 5)
    assert one.sides == ("arms",)
    assert (len(one.cells), one.left_out) == (8, 2)
    assert all(cell.key[-1] == 1.0 for cell in one.cells)
    assert set(one.cells[0].runs) == {("arms", 1), ("arms", 2), ("arms", 5)}


def test_trend_needs_every_level(plan: Callable[[str], Plan]) -> None:
    """A cell without one of the levels is left out."""
    rest = f"exclude: [{{{LR}: 2e-3, {STEPS}: 5}}]"
    (one,) = compared(plan, f"kind: trend, along: {STEPS}, expect: higher", rest)
    assert {cell.key[0] for cell in one.cells} == {1e-3}
    assert one.left_out == 2 * 2 * 3


def test_levels_are_in_the_axis_s_order_even_if_exclusions_shuffle_the_arms(
    plan: Callable[[str], Plan],
) -> None:
    """The first arm of the grid need not hold the first value."""
    rest = f"exclude: [{{{LR}: 1e-3, {STEPS}: 1}}]"
    (one,) = compared(plan, f"kind: trend, along: {STEPS}, expect: higher", rest)
    assert one.levels == (1, 2, 5)


def test_interactions_have_sides_and_levels(plan: Callable[[str], Plan]) -> None:
    """across takes its two values in the order given; along all values of the axis."""
    (across,) = compared(
        plan, f"kind: interaction, {SIDES}, across: {{{NORM}: [true, false]}}, expect: lower"
    )
    assert across.levels == (True, False)
    assert across.columns == (LR, STEPS)
    assert set(across.cells[0].runs) == {
        (side, level) for side in ("treatment", "control") for level in (True, False)
    }
    (along,) = compared(
        plan,
        f"kind: interaction, {SIDES}, along: {STEPS}, within: {{{STEPS}: [5, 2]}}, expect: lower",
    )
    assert along.levels == (2, 5)


def test_identical_compares_whatever_levels_a_cell_has(plan: Callable[[str], Plan]) -> None:
    """Two values of the axis are enough to be compared; one is not."""
    rest = (
        f"exclude: [{{{STEPS}: 1, {WEIGHT}: 1}}, {{{STEPS}: 2, {WEIGHT}: 1}},"
        f" {{{STEPS}: 2, {WEIGHT}: 5}}]"
    )
    (one,) = compared(plan, f"kind: identical, vary: {WEIGHT}", rest)
    assert one.levels == (0.0, 1.0, 5.0)
    assert {cell.key[1] for cell in one.cells} == {1, 5}
    assert one.left_out == 2 * 2 * 2
    assert {len(cell.runs) for cell in one.cells} == {2, 3}


# --- the rule, once more, by brute force

VALUES: dict[str, list[Any]] = {WEIGHT: [0.0, 1.0, 5.0], NORM: [False, True], STEPS: [1, 2]}
PARTIAL = st.fixed_dictionaries(
    {}, optional={path: st.sampled_from(values) for path, values in VALUES.items()}
)
SELECTOR = st.one_of(PARTIAL, PARTIAL, st.just({"arm": "named"}))
Cells = dict[Any, dict[str, set[str]]]


@given(
    treatment=SELECTOR,
    control=SELECTOR,
    within=PARTIAL,
    excluded=PARTIAL,
    named=PARTIAL,
    swept=st.sampled_from([{}, {WEIGHT: (0.0, 5.0)}, {STEPS: (1, 2)}]),
)
@settings(deadline=None, max_examples=300)
def test_cells_agree_with_their_definition(
    treatment: dict[str, Any],
    control: dict[str, Any],
    within: dict[str, Any],
    excluded: dict[str, Any],
    named: dict[str, Any],
    swept: dict[str, Any],
) -> None:
    """A cell: a replicate x a value of every column that neither side names, with both sides.

    A claim is accepted just if it has one, and if its sides are even.
    """
    arm = NamedArm(
        name="named",
        set={**{path: value for path, value in named.items() if path not in swept}, SCALE: 0.5},
        axes=swept,
    )
    study = Study(
        study="s",
        target=RingTarget(kind="ring"),
        family=GanFamily(kind="gan"),
        replicates=2,
        axes={path: tuple(values) for path, values in VALUES.items()},
        exclude=(excluded,) if excluded else (),
        arms=(arm,),
    )
    try:
        bare = make_plan(study)
    except StudyError:
        return  # the arms themselves are refused
    sides = {"treatment": treatment, "control": control}
    complete, left_out = brute_force(bare, sides, within, tuple(arm.set))
    sound = treatment and control and complete and is_even(bare, complete, sides, tuple(arm.set))
    claim = RateClaim(id="A", says="s", kind="rate", within=within, expect="lower", **sides)
    try:
        made = make_plan(study.model_copy(update={"claims": (claim,)}))
    except StudyError:
        assert not sound
        return
    assert sound
    (one,) = comparisons(made, claim)
    got = {
        (cell.replicate, cell.key): {slot[0]: set(runs) for slot, runs in cell.runs.items()}
        for cell in one.cells
    }
    assert got == complete
    assert one.left_out == left_out
    for cell in got.values():
        check_cell(bare, cell, sides, tuple(arm.set))


def names_of(selector: dict[str, Any], arm_paths: tuple[str, ...]) -> set[str]:
    return set(arm_paths if "arm" in selector else selector)


def brute_force(
    made: Plan, sides: dict[str, dict[str, Any]], within: dict[str, Any], arm_paths: tuple[str, ...]
) -> tuple[Cells, int]:
    """Complete cells by key, and the number of incomplete ones."""
    named = set().union(*(names_of(selector, arm_paths) for selector in sides.values()))
    columns = [column for column in made.columns if column not in named]
    cells: Cells = defaultdict(lambda: defaultdict(set))
    for run in made.runs:
        at = run.arm.assignment
        if any(at[path] != value for path, value in within.items()):
            continue
        for side, selector in sides.items():
            if all(
                run.arm.name == value if path == "arm" else at[path] == value
                for path, value in selector.items()
            ):
                cells[run.replicate, tuple(at[c] for c in columns)][side].add(run.run_id)
    complete = {key: dict(cell) for key, cell in cells.items() if len(cell) == 2}
    return complete, len(cells) - len(complete)


def is_even(
    made: Plan, cells: Cells, sides: dict[str, dict[str, Any]], arm_paths: tuple[str, ...]
) -> bool:
    """No run is on both sides; what one side names, all of the other side's runs have alike."""
    at = {run.run_id: run.arm.assignment for run in made.runs}
    runs = {side: set().union(*(cell[side] for cell in cells.values())) for side in sides}
    named = [names_of(selector, arm_paths) for selector in sides.values()]
    alike = all(
        len({at[run][column] for run in runs[side]}) == 1
        for column in named[0] ^ named[1]
        for side in sides
    )
    return alike and not runs["treatment"] & runs["control"]


def check_cell(
    made: Plan, cell: dict[str, set[str]], sides: dict[str, Any], arm_paths: tuple[str, ...]
) -> None:
    """The sides of a cell hold the same value of every column that neither names, and one each."""
    at = {run.run_id: run.arm.assignment for run in made.runs}
    named = set().union(*(names_of(selector, arm_paths) for selector in sides.values()))
    for column in made.columns:
        held = [{at[run][column] for run in cell[side]} for side in sides]
        assert [len(values) for values in held] == [1, 1]
        assert column in named or held[0] == held[1]


@pytest.mark.parametrize(
    ("control", "within", "refused"),
    [
        (
            "{arm: small_step}",
            "",
            f"compares sides over different values of {STEPS}: treatment holds 1, 2, 5 and control "
            f"holds 2; write within: {{{STEPS}: 2}}, or name {STEPS} on both sides",
        ),
        ("{arm: small_step}", f"{STEPS}: 2", None),
        (f"{{{WEIGHT}: 0, {STEPS}: 1}}", f"{STEPS}: [1, 2]", "compares sides over different"),
        (f"{{{STEPS}: 2}}", "", f"selects 1 of the arms that treatment selects, so runs are on "
         f"both sides; name {STEPS} or {WEIGHT} on both sides"),
        ("{}", "", "must name at least one axis and its value, or {arm: NAME}, {} got"),
        (f"[{{{WEIGHT}: 0}}, {{arm: small_step}}]", "", "compares sides over different values"),
    ],
)  # fmt: skip
def test_a_mean_over_several_values_is_never_held_against_a_single_one(
    plan: Callable[[str], Plan], control: str, within: str, refused: str | None
) -> None:
    """Weight 5 at one, two and five steps, against an arm that has two."""
    text = f"""
replicates: 6
axes: {{{STEPS}: [1, 2, 5], {WEIGHT}: [0, 5]}}
arms: [{{name: small_step, set: {{{SCALE}: 0.25, {STEPS}: 2}}}}]
claims:
  - {{id: A, says: s, kind: rate, expect: lower, treatment: {{{WEIGHT}: 5}}, control: {control},
     within: {{{within}}}}}
"""
    if refused is None:
        assert plan(text).study.claims
        return
    with pytest.raises(StudyError) as caught:
        plan(text)
    (problem,) = caught.value.problems
    assert refused in str(problem)
    assert problem.path.startswith("claims[0].control")


def test_a_treatment_that_names_nothing_is_refused_where_it_stands(
    plan: Callable[[str], Plan],
) -> None:
    with pytest.raises(StudyError) as caught:
        compared(plan, f"kind: rate, expect: lower, treatment: {{}}, control: {{{WEIGHT}: 0}}")
    assert [problem.path for problem in caught.value.problems] == ["claims[0].treatment"]


def test_a_value_that_no_run_of_the_control_shares_may_be_kept_by_within(
    plan: Callable[[str], Plan],
) -> None:
    """Scales 1 and 0.5 against an arm at 0.25: the hint names one of either side's, and works."""
    arms = f"""
arms:
  - {{name: half, set: {{{SCALE}: 0.5}}, axes: {{{WEIGHT}: [0, 5]}}}}
  - {{name: quarter, set: {{{SCALE}: 0.25}}}}"""
    claim = f"kind: rate, expect: lower, treatment: {{{WEIGHT}: 5}}, control: {{arm: quarter}}"
    with pytest.raises(StudyError) as caught:
        compared(plan, f"{claim}, within: {{{NORM}: false, {STEPS}: 1, {LR}: 1e-3}}", arms)
    (problem,) = caught.value.problems
    assert problem.nearest == (
        f"write within: {{{SCALE}: [0.5, 0.25]}}, or name {SCALE} on both sides"
    )
    within = f"within: {{{NORM}: false, {STEPS}: 1, {LR}: 1e-3, {SCALE}: [0.5, 0.25]}}"
    (one,) = compared(plan, f"{claim}, {within}", arms)
    assert len(one.cells) == 2
