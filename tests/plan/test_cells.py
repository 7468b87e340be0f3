"""The cells in which claims compare runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

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


def test_several_runs_on_a_side_stand_in_one_cell(plan: Callable[[str], Plan]) -> None:
    """A side that names an axis more gathers what the other side has along it."""
    (one,) = compared(
        plan,
        f"kind: rate, expect: lower, treatment: {{{WEIGHT}: 5}},"
        f" control: {{{WEIGHT}: 0, {STEPS}: 1}}",
    )
    assert one.columns == (LR, NORM)
    runs = one.cells[0].runs
    assert (len(runs["treatment", None]), len(runs["control", None])) == (3, 1)


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
        f" expect: lower, within: {{{NORM}: false}}",
        rest,
    )
    assert (first.label, second.label) == (f"{WEIGHT} = 1", "slow")
    assert first.columns == (LR, STEPS, NORM, SCALE)
    assert second.columns == (LR, NORM)
    assert (len(second.cells), second.left_out) == (4, 0)
    assert len(second.cells[0].runs["treatment", None]) == 3


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


@given(treatment=PARTIAL, control=PARTIAL, within=PARTIAL, excluded=PARTIAL, named=PARTIAL)
@settings(deadline=None, max_examples=150)
def test_cells_agree_with_their_definition(
    treatment: dict[str, Any],
    control: dict[str, Any],
    within: dict[str, Any],
    excluded: dict[str, Any],
    named: dict[str, Any],
) -> None:
    """A cell: a replicate x a value of every column that neither side names, with both sides."""
    study = Study(
        study="s",
        target=RingTarget(kind="ring"),
        family=GanFamily(kind="gan"),
        replicates=2,
        axes={path: tuple(values) for path, values in VALUES.items()},
        exclude=(excluded,) if excluded else (),
        arms=(NamedArm(name="named", set={**named, SCALE: 0.5}),),
        claims=(
            RateClaim(
                id="A",
                says="s",
                kind="rate",
                treatment=treatment,
                control=control,
                within=within,
                expect="lower",
            ),
        ),
    )
    try:
        made = make_plan(study)
    except StudyError:
        made = make_plan(study.model_copy(update={"claims": ()}))
        complete, sides, _ = brute_force(made, treatment, control, within)
        assert not complete or sides["treatment"] == sides["control"]
        return
    (one,) = comparisons(made, study.claims[0])
    complete, _, left_out = brute_force(made, treatment, control, within)
    got = {
        (cell.replicate, cell.key): {slot[0]: set(runs) for slot, runs in cell.runs.items()}
        for cell in one.cells
    }
    assert got == complete
    assert one.left_out == left_out


def brute_force(
    made: Plan, treatment: dict[str, Any], control: dict[str, Any], within: dict[str, Any]
) -> tuple[dict[Any, dict[str, set[str]]], dict[str, set[str]], int]:
    """Complete cells, the runs of each side, and the number of incomplete cells."""
    columns = [c for c in made.columns if c not in treatment and c not in control]
    cells: dict[Any, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    sides: dict[str, set[str]] = {"treatment": set(), "control": set()}
    for run in made.runs:
        for side, selector in (("treatment", treatment), ("control", control)):
            wanted = [*selector.items(), *within.items()]
            if all(run.arm.assignment[path] == value for path, value in wanted):
                key = (run.replicate, tuple(run.arm.assignment[c] for c in columns))
                cells[key][side].add(run.run_id)
                sides[side].add(run.run_id)
    complete = {key: dict(cell) for key, cell in cells.items() if len(cell) == 2}
    return complete, sides, len(cells) - len(complete)
