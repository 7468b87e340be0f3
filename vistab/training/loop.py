"""From phases to rounds: what a pack does in one round, for every family alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from vistab.families.base import (
    BEFORE,
    ClosedForm,
    Input,
    Inputs,
    Numbers,
    Outputs,
    Phase,
    Step,
)
from vistab.training.closed_form import solve
from vistab.training.pack import Named, bind, by_run, over_runs
from vistab.training.state import States, Training

Columns = dict[str, Tensor]
"""Evidence by history column, [K] or [K, m] each."""


def play_round(training: Training, number: int, *, observe: bool) -> Columns:
    """Play every phase once, in place; round numbers start at 1. Evidence only if `observe`."""
    columns: Columns = {}
    finite = ~training.diverged
    training.numbers["round"].fill_(number)
    for phase in training.phases:
        objective, seen = _play(training, phase, number, observe=observe)
        finite &= objective.isfinite()
        columns |= seen
    if not torch.equal(~finite, training.diverged):
        training.stop(~finite)
    training.round = number
    return {
        name: column.where(by_run(finite, column), torch.nan) for name, column in columns.items()
    }


def _play(
    training: Training, phase: Phase | ClosedForm, number: int, *, observe: bool
) -> tuple[Tensor, Columns]:
    """What the phase minimises, [K], and its evidence."""
    if isinstance(phase, Phase):
        return _play_phase(training, phase, number, observe=observe)
    update = solve(training, phase, _inputs(training, phase, number, 0))
    return update.objective, update.evidence if observe else {}


def _play_phase(
    training: Training, phase: Phase, number: int, *, observe: bool
) -> tuple[Tensor, Columns]:
    blocks = [_inputs(training, phase, number, block) for block in range(phase.batches)]
    anchors = _anchors(training, phase, blocks)
    before = _before(training, phase)
    start: Outputs = {}
    for inputs, anchor in zip(blocks, anchors, strict=True):
        for _ in range(phase.steps):
            step = _take_step(training, phase, inputs, anchor, before)
            start = start or step.outputs
            anchor = anchor or step.outputs
    return step.loss, _observed(training, phase, step, blocks[0], start) if observe else {}


def _inputs(training: Training, phase: Phase | ClosedForm, number: int, block: int) -> Inputs:
    inputs: dict[Input, Tensor] = {}
    for name in phase.inputs:
        if name == "data_set":
            assert training.data_set is not None
            inputs[name] = training.data_set
        else:
            draw, stream = training.samplers[name], f"{phase.name}.{name}"
            inputs[name] = training.draws.draw(draw, stream, number, block)
    return inputs


def _before(training: Training, phase: Phase) -> States:
    """Copies of the networks that the phase's loss is also handed as they are now."""
    stacks = {name: training.stacks[name] for name in phase.before}
    return {
        name + BEFORE: (stack.layout.views(stack.parameters.clone()), stack.copy_buffers())
        for name, stack in stacks.items()
    }


def _anchors(training: Training, phase: Phase, blocks: Sequence[Inputs]) -> list[Outputs]:
    """The frozen copy's outputs on each block; empty where the first step's own will do."""
    if phase.incremental is None:
        return [{}] * len(blocks)
    now = {name: training.stacks[name].parameters for name in phase.trains}
    if phase.incremental.anchor == "phase_start":
        return [{}, *(_outputs(training, phase, now, block) for block in blocks[1:])]
    before = training.previous.get(phase.name, now)
    training.previous[phase.name] = {name: flat.clone() for name, flat in now.items()}
    return [_outputs(training, phase, before, block) for block in blocks]


def _outputs(
    training: Training, phase: Phase, parameters: Mapping[str, Tensor], inputs: Inputs
) -> Outputs:
    """What the phase's incremental term looks at, from given parameters, without a trace."""
    assert phase.incremental is not None
    outputs, modules = phase.incremental.outputs, training.modules
    states = {
        name: (stack.layout.views(parameters.get(name, stack.parameters)), stack.copy_buffers())
        for name, stack in training.stacks.items()
    }

    def one(state: States, batch: Inputs) -> dict[str, Tensor]:
        return outputs(bind(modules, state), batch)

    return cast(
        Outputs,
        training.programs.run((phase.name, "out"), over_runs(one, training.runs), states, inputs),
    )


def _take_step(
    training: Training, phase: Phase, inputs: Inputs, anchor: Outputs, before: States
) -> Step:
    """One optimiser step of every network that the phase trains."""
    modules = training.modules

    def one(state: States, batch: Inputs, held: Outputs, numbers: Numbers) -> Step:
        return phase.loss(bind(modules, state), batch, held, numbers)

    def with_gradients(states: States, *rest: Any) -> tuple[Step, list[list[Tensor]]]:
        leaves = {name: _leaves(states[name][0]) for name in phase.trains}
        kept = {name: (leaves.get(name, states[name][0]), states[name][1]) for name in states}
        step: Step = over_runs(one, training.runs)(kept, *rest)
        wanted = [leaf for own in leaves.values() for leaf in own.values()]
        found = iter(torch.autograd.grad(step.loss, wanted, torch.ones_like(step.loss)))
        outputs = {name: output.detach() for name, output in step.outputs.items()}
        gradients = [[next(found) for _ in own] for own in leaves.values()]
        return Step(step.loss.detach(), outputs, step.evidence), gradients

    key = (phase.name, "anchored" if anchor else "free")
    arguments = ({**training.states, **before}, inputs, anchor, training.numbers)
    step, gradients = training.programs.run(key, with_gradients, *arguments)
    for name, gradient in zip(phase.trains, gradients, strict=True):
        training.stacks[name].descend(gradient, training.optimizer, training.rates[name])
    return cast(Step, step)


def _leaves(parameters: Named) -> dict[str, Tensor]:
    return {name: value.detach().requires_grad_() for name, value in parameters.items()}


def _observed(
    training: Training, phase: Phase, step: Step, inputs: Inputs, start: Outputs
) -> Columns:
    """The evidence of a phase: its last step's, the gradient's norm, and how far it moved."""
    gradients = torch.cat([training.stacks[name].gradient for name in phase.trains], 1)
    columns = dict(step.evidence)
    columns[f"{phase.name}_gradient_norm"] = torch.linalg.vector_norm(gradients, dim=1)
    if phase.incremental is not None:
        now = {name: training.stacks[name].parameters for name in phase.trains}
        columns["displacement"] = _distance(_outputs(training, phase, now, inputs), start)
    return columns


def _distance(a: Outputs, b: Outputs) -> Tensor:
    """Root mean square over the batch of the Euclidean distance between outputs, [K]."""
    squares = [(a[name] - b[name]).square().flatten(2).sum(2).mean(1) for name in a]
    return torch.stack(squares).sum(0).sqrt()
