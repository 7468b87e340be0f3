"""What a pack shows at a snapshot: from the same inputs each time, networks in inference mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from vistab.families.base import Inputs, Observation
from vistab.training.pack import bind, by_run, over_runs
from vistab.training.state import States, Training


def draw_samples(training: Training) -> Tensor:
    """Samples from the fixed inputs, float32 [K, n, d]; NaN if diverged."""
    modules = training.modules

    def one(states: States, inputs: Inputs) -> Tensor:
        return training.family.sample(bind(modules, states), inputs).float()

    with _inference(modules.values()):
        samples: Tensor = training.programs.run(
            "sample", over_runs(one, training.runs), training.states, training.watched
        )
    return _unless_diverged(training, samples)


def observe(training: Training) -> Observation:
    """What the family shows besides, [K, ...] each; NaN if diverged."""
    show, modules = training.family.observe, training.modules
    if show is None:
        return Observation({}, {})

    def one(states: States, inputs: Inputs) -> Observation:
        return show(bind(modules, states), inputs)

    with _inference(modules.values()):
        arguments = (training.states, training.watched)
        shown = cast(
            Observation, training.programs.run("observe", over_runs(one, training.runs), *arguments)
        )

    def kept(part: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: _unless_diverged(training, values) for name, values in part.items()}

    return Observation(kept(shown.pictures), kept(shown.evidence))


def _unless_diverged(training: Training, values: Tensor) -> Tensor:
    return values.where(by_run(~training.diverged, values), torch.nan)


@contextmanager
def _inference(modules: Iterable[nn.Module]) -> Iterator[None]:
    for module in modules:
        module.eval()
    yield
    for module in modules:
        module.train()
