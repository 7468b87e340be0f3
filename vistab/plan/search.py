"""The plan of a study with a search: what it has suggested so far, and what it will confirm. Pure.

All run ids are known before the first result: `search.trial.003-r012` is a run of the fourth
suggestion, `search.best-r000` one of the arm that will be confirmed as the best. What they train is
known once the search has said so; until then their arms hold the base values and are not `known`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vistab.plan.arms import ArmBuilder
from vistab.plan.frontier import along, step_of
from vistab.plan.model import Arm, Pack, Plan, Role, Run, digest
from vistab.plan.packs import make_packs
from vistab.plan.ranking import best_choices
from vistab.plan.trials import Trial
from vistab.spec.grid import Grid
from vistab.spec.search import FrontierSearch, n_suggestions
from vistab.spec.study import Study


def make_search_plan(study: Study, grid: Grid, trials: Sequence[Trial]) -> Plan:
    """Confirm runs first, by arm and replicate, then those of every suggestion to come or made."""
    build = ArmBuilder(study, grid.columns)
    rows = confirmed_rows(study, grid, trials)
    arms = [build.arm(row, name) for row, name in zip(rows or grid.rows, grid.names, strict=True)]
    if not rows:
        arms = [_unknown(arm) for arm in arms]
    confirm = [run for arm in arms for run in _runs(arm, range(study.replicates), "confirm")]
    if rows:
        grid = replace(grid, rows=rows)
    packs = make_packs(study, grid, arms, confirm)
    explored = _explored(study, grid, build, trials)
    runs = [run for arm, replicates in explored for run in _runs(arm, replicates, "explore")]
    return Plan(
        study,
        grid.columns,
        (*arms, *(arm for arm, _ in explored)),
        (*confirm, *runs),
        (*packs, *(_pack(study, *one) for one in explored)),
        grid.notes,
        grid,
    )


def is_over(study: Study, trials: Sequence[Trial]) -> bool:
    """Whether every suggestion has been made and has ended."""
    assert study.search is not None
    return sum(trial.ended for trial in trials) == n_suggestions(study.search)


def explore_pack(study: Study, columns: Sequence[str], trial: Trial) -> Pack:
    """The pack that evaluates one suggestion."""
    arm = _suggested(ArmBuilder(study, columns), columns, trial)
    return _pack(study, arm, replicates_of(study, trial.number))


def replicates_of(study: Study, number: int) -> range:
    """The replicates of a suggestion: never those of confirm runs, which are 0 to n - 1.

    A sampler's suggestions share theirs, so that luck does not tell them apart. Every step of a
    bisection has fresh ones: what was seen before then says nothing about the luck to come, and the
    exact binomial tests of each step hold.
    """
    assert study.search is not None
    step = step_of(study.search, number) if isinstance(study.search, FrontierSearch) else 0
    start = study.replicates + step * study.search.replicates
    return range(start, start + study.search.replicates)


def confirmed_rows(
    study: Study, grid: Grid, trials: Sequence[Trial]
) -> tuple[tuple[Any, ...], ...]:
    """Rows of the grid for the baseline and the best arms; () while the search goes on."""
    assert study.search is not None
    assert study.confirm is not None
    top = study.confirm.top
    choices = best_choices(study.search, trials, top) if is_over(study, trials) else []
    best = [choice.assignment for choice in choices]
    if len(best) < top:
        return ()
    baseline = dict(zip(grid.columns, grid.rows[0], strict=True))
    if isinstance(study.search, FrontierSearch):
        path, _ = along(study.search)
        baseline[path] = best[0][path]  # the baseline at the value that the best still bears
    return tuple(tuple(one[column] for column in grid.columns) for one in (baseline, *best))


def trial_name(number: int) -> str:
    """`search.trial.003`."""
    return f"search.trial.{number:03d}"


def _explored(
    study: Study, grid: Grid, build: ArmBuilder, trials: Sequence[Trial]
) -> list[tuple[Arm, range]]:
    """The arm and the replicates of every suggestion, in the order of their numbers."""
    assert study.search is not None
    made = {trial.number: trial for trial in trials}
    explored = []
    for number in range(n_suggestions(study.search)):
        if number in made:
            arm = _suggested(build, grid.columns, made[number])
        else:
            arm = _unknown(build.arm(grid.rows[0], trial_name(number)))
        explored.append((arm, replicates_of(study, number)))
    return explored


def _suggested(build: ArmBuilder, columns: Sequence[str], trial: Trial) -> Arm:
    assignment: Mapping[str, Any] = trial.assignment
    return build.arm(tuple(assignment[column] for column in columns), trial_name(trial.number))


def _unknown(arm: Arm) -> Arm:
    return replace(arm, arm_id=str(arm.name), assignment=dict.fromkeys(arm.assignment), known=False)


def _runs(arm: Arm, replicates: range, role: Role) -> list[Run]:
    return [Run(f"{arm.name}-r{replicate:03d}", arm, replicate, role) for replicate in replicates]


def _pack(study: Study, arm: Arm, replicates: range) -> Pack:
    runs = _runs(arm, replicates, "explore")
    return Pack(f"p{digest(' '.join(run.run_id for run in runs))}", study.seed, tuple(runs))
