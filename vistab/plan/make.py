"""From a study to everything that will be run."""

from __future__ import annotations

from typing import Any

from vistab.plan.model import Arm, Plan, Run, column_value, digest
from vistab.plan.packs import make_packs
from vistab.spec.axes import SECTIONS, sections_of
from vistab.spec.consistency import check_whole
from vistab.spec.draft import draft_of
from vistab.spec.grid import Grid
from vistab.spec.problems import Problems
from vistab.spec.settings import builders
from vistab.spec.study import Settings, Study


def make_plan(study: Study) -> Plan:
    """The study's arms, runs and packs. The same study always gives the same plan.

    Raises StudyError (without lines) if the study was not made by load_study and breaks its rules.
    """
    problems = Problems(study.study, {})
    checked = check_whole(draft_of(study), problems)
    problems.raise_if_any()
    assert checked.grid is not None  # or there would be a problem
    arms = _arms(study, checked.grid)
    runs = tuple(
        Run(run_id=f"{arm.arm_id}-r{replicate:03d}", arm=arm, replicate=replicate)
        for arm in arms
        for replicate in range(study.replicates)
    )
    grid = checked.grid
    packs = make_packs(study, grid, arms, runs)
    return Plan(study, grid.columns, arms, runs, packs, grid.notes, grid)


def _arms(study: Study, grid: Grid) -> tuple[Arm, ...]:
    build = builders(sections_of(study), grid.columns)
    arms = []
    for row, name in zip(grid.rows, grid.names, strict=True):
        parts = {section: build[section].build(row) for section in SECTIONS}
        text = ",".join(f'"{section}":{parts[section].text}' for section in sorted(SECTIONS))
        models: dict[str, Any] = {section: part.model for section, part in parts.items()}
        settings = Settings.model_construct(None, **models)  # the parts are validated already
        assignment = {c: column_value(v) for c, v in zip(grid.columns, row, strict=True)}
        arms.append(Arm(f"a{digest('{' + text + '}')}", name, assignment, settings))
    return tuple(arms)
