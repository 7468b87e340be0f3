"""From a study to everything that will be run."""

from __future__ import annotations

from collections.abc import Sequence

from vistab.plan.arms import ArmBuilder
from vistab.plan.cells import order_notes
from vistab.plan.model import Plan, Run
from vistab.plan.packs import make_packs
from vistab.plan.search import make_search_plan
from vistab.plan.trials import Trial
from vistab.spec.consistency import check_whole
from vistab.spec.draft import draft_of
from vistab.spec.problems import Problems
from vistab.spec.study import Study


def make_plan(study: Study, trials: Sequence[Trial] = ()) -> Plan:
    """The study's arms, runs and packs. The same study always gives the same plan.

    trials: what the study's search, if it has one, has tried so far.
    Raises StudyError (without lines) if the study was not made by load_study and breaks its rules.
    """
    problems = Problems(study.study, {})
    checked = check_whole(draft_of(study), problems)
    problems.raise_if_any()
    assert checked.grid is not None  # or there would be a problem
    grid = checked.grid
    if study.search is not None:
        return make_search_plan(study, grid, trials)
    build = ArmBuilder(study, grid.columns)
    arms = tuple(build.arm(row, name) for row, name in zip(grid.rows, grid.names, strict=True))
    runs = tuple(
        Run(run_id=f"{arm.arm_id}-r{replicate:03d}", arm=arm, replicate=replicate)
        for arm in arms
        for replicate in range(study.replicates)
    )
    packs = make_packs(study, grid, arms, runs)
    notes = (*grid.notes, *order_notes(grid, study.claims))
    return Plan(study, grid.columns, arms, runs, packs, notes, grid)
