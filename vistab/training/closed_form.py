"""Phases that are solved exactly: what they train is replaced, not moved by a step."""

from __future__ import annotations

from typing import cast

from vistab.families.base import ClosedForm, Inputs, Numbers, Update
from vistab.training.pack import bind, over_runs
from vistab.training.state import States, Training


def solve(training: Training, phase: ClosedForm, inputs: Inputs) -> Update:
    """Solve the phase for all runs at once and put its solution in place.

    Runs that have diverged, or do so now (their objective is not finite), keep what they had.
    """
    modules = training.modules

    def one(states: States, batch: Inputs, numbers: Numbers) -> Update:
        return phase.update(bind(modules, states), batch, numbers)

    arguments = (training.states, inputs, training.numbers)
    key = (phase.name, "solved")  # never the key of another program, whatever the name
    update = cast(Update, training.programs.run(key, over_runs(one, training.runs), *arguments))
    solved = ~training.diverged & update.objective.isfinite()
    for name, values in update.values.items():
        training.stacks[name].replace(values, solved)
    return update
