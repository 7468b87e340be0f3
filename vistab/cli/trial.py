"""A user's own family tried out before anything else starts: every program that a plan needs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vistab.cli.own_family import users_code
from vistab.families import find_family
from vistab.families.checks import check_parts
from vistab.plan.model import Pack, Plan
from vistab.plan.packs import Group, program_of
from vistab.plan.search import explore_pack
from vistab.plan.trials import Trial
from vistab.results.record import PackRecord
from vistab.spec.problems import show
from vistab.spec.search import corners
from vistab.spec.study import Settings
from vistab.targets import make_target
from vistab.training import train_pack


def try_out(plan: Plan) -> None:
    """Look the plan's family over and train a round of every program that it plans. FamilyError.

    Of two runs if the program's packs hold as many, so that they are stacked as they will be.
    """
    packs = _one_of_each_program(plan)
    for pack in packs:
        settings = pack.runs[0].arm.settings
        with users_code(settings.family.kind, _place(pack) if len(packs) > 1 else ""):
            _check(settings)
            _train_twice(pack)


def _one_of_each_program(plan: Plan) -> list[Pack]:
    """A pack of one round for each program, of two runs where more are stacked than one."""
    found: dict[tuple[Group, bool], Pack] = {}
    for pack in (*plan.packs, *_suggestions(plan)):
        program = program_of(pack.runs[0].arm.settings), len(pack.runs) > 1
        if program not in found:
            runs = tuple(run.shortened(rounds=1, snapshots=1) for run in pack.runs[:2])
            found[program] = Pack("trial", plan.study.seed, runs)
    return list(found.values())


def _suggestions(plan: Plan) -> Iterator[Pack]:
    """Packs of what a search may yet suggest: every choice, and both ends of every range."""
    for assignment in corners(plan.study.search) if plan.study.search is not None else ():
        yield explore_pack(plan.study, plan.columns, Trial(0, assignment))


def _place(pack: Pack) -> str:
    """The arm's values, for what is wrong may be so with these alone."""
    values = pack.runs[0].arm.assignment.items()
    said = ", ".join(f"{path}: {show(value)}" for path, value in values)
    return f"; with {said}" if said else ""


def _check(settings: Settings) -> None:
    shape = make_target(settings.target).shape
    check_parts(find_family(settings.family.kind), settings.family, shape)


def _train_twice(pack: Pack) -> None:
    """Train a pack two times from the beginning. TypeError if not all numbers are the same."""
    ends = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            ends.append(_numbers(train_pack(pack, Path(folder))))
    for name, one in ends[0].items():
        if not np.array_equal(one, ends[1][name], equal_nan=True):
            raise TypeError(
                f"trained twice from the same seed, {name} differs: random numbers may come from "
                "inputs alone, and those of initial weights from torch"
            )


def _numbers(record: PackRecord) -> dict[str, npt.NDArray[np.generic]]:
    history = record.history.drop(columns="run_id").items()
    return {str(name): np.stack(column.to_list()) for name, column in history} | record.samples
