"""From phases to rounds: what a pack does in one round, for every family alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import vmap

from vistab.families.base import Inputs, Numbers, Outputs, Phase, Step
from vistab.training.pack import Named, bind
from vistab.training.state import Training

Columns = dict[str, Tensor]
"""Evidence by history column, [K] each."""
States = Mapping[str, tuple[Named, Named]]
"""By network: its parameters and its buffers."""


def play_round(training: Training, number: int, *, observe: bool) -> Columns:
    """Play every phase once, in place; round numbers start at 1. Evidence only if `observe`."""
    columns: Columns = {}
    finite = ~training.diverged
    for phase in training.phases:
        loss, seen = _play_phase(training, phase, number, observe=observe)
        finite &= loss.isfinite()
        columns |= seen
    if not torch.equal(~finite, training.diverged):
        training.stop(~finite)
    return {name: column.where(finite, torch.nan) for name, column in columns.items()}


def draw_samples(training: Training) -> Tensor:
    """Samples from the fixed latents, networks in inference mode: [K, n, d]; NaN if diverged."""
    modules = _modules(training)

    def one(state: States, latents: Tensor) -> Tensor:
        return training.family.sample(bind(modules, state), latents)

    with _inference(modules.values()):
        samples: Tensor = training.programs.run(
            "sample", vmap(one), _states(training), training.latents
        )
    return samples.where(~training.diverged[:, None, None], torch.nan)


@contextmanager
def _inference(modules: Iterable[nn.Module]) -> Iterator[None]:
    for module in modules:
        module.eval()
    yield
    for module in modules:
        module.train()


def _play_phase(
    training: Training, phase: Phase, number: int, *, observe: bool
) -> tuple[Tensor, Columns]:
    blocks = [_inputs(training, phase, number, block) for block in range(phase.batches)]
    anchors = _anchors(training, phase, blocks)
    start: Outputs = {}
    for inputs, anchor in zip(blocks, anchors, strict=True):
        for _ in range(phase.steps):
            step = _take_step(training, phase, inputs, anchor)
            start = start or step.outputs
            anchor = anchor or step.outputs
    return step.loss, _observed(training, phase, step, blocks[0], start) if observe else {}


def _inputs(training: Training, phase: Phase, number: int, block: int) -> Inputs:
    return {
        name: training.draws.draw(training.samplers[name], f"{phase.name}.{name}", number, block)
        for name in phase.inputs
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
    outputs, modules = phase.incremental.outputs, _modules(training)
    states = {
        name: (stack.layout.views(parameters.get(name, stack.parameters)), stack.copy_buffers())
        for name, stack in training.stacks.items()
    }

    def one(state: States, batch: Inputs) -> dict[str, Tensor]:
        return outputs(bind(modules, state), batch)

    return cast(Outputs, training.programs.run((phase.name, "out"), vmap(one), states, inputs))


def _take_step(training: Training, phase: Phase, inputs: Inputs, anchor: Outputs) -> Step:
    """One optimiser step of every network that the phase trains."""
    modules = _modules(training)

    def one(state: States, batch: Inputs, held: Outputs, numbers: Numbers) -> Step:
        return phase.loss(bind(modules, state), batch, held, numbers)

    def with_gradients(states: States, *rest: Any) -> tuple[Step, list[list[Tensor]]]:
        leaves = {name: _leaves(states[name][0]) for name in phase.trains}
        kept = {name: (leaves.get(name, states[name][0]), states[name][1]) for name in states}
        step: Step = vmap(one)(kept, *rest)
        wanted = [leaf for own in leaves.values() for leaf in own.values()]
        found = iter(torch.autograd.grad(step.loss, wanted, torch.ones_like(step.loss)))
        outputs = {name: output.detach() for name, output in step.outputs.items()}
        gradients = [[next(found) for _ in own] for own in leaves.values()]
        return Step(step.loss.detach(), outputs, step.evidence), gradients

    key = (phase.name, "anchored" if anchor else "free")
    arguments = (_states(training), inputs, anchor, training.numbers)
    step, gradients = training.programs.run(key, with_gradients, *arguments)
    for name, gradient in zip(phase.trains, gradients, strict=True):
        training.stacks[name].descend(gradient, training.optimizer, training.rates[name])
    return cast(Step, step)


def _leaves(parameters: Named) -> dict[str, Tensor]:
    return {name: value.detach().requires_grad_() for name, value in parameters.items()}


def _states(training: Training) -> States:
    return {name: (stack.views, stack.buffers) for name, stack in training.stacks.items()}


def _modules(training: Training) -> dict[str, nn.Module]:
    return {name: stack.module for name, stack in training.stacks.items()}


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
