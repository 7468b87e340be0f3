"""Stacked runs: K copies of one run's networks in flat buffers, and its losses mapped over them.

A network of K runs lives in one buffer [K, P]; what the module calls its parameters are views into
it. So an optimiser step, a norm, a freeze or a checkpoint is one operation on one tensor. The run
dimension leads and every parameter starts on a cache line, so that each slot of a pack is computed
by the same instructions: equal runs get equal bits wherever they stand (families/stacking.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils._pytree import tree_map

from vistab.families.base import BEFORE, Networks
from vistab.training.optimizers import Moments, Optimizer, Rates

ALIGNMENT = 64  # floats: four cache lines, and more than the widest vector loop takes at once
Named = Mapping[str, Tensor]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Layout:
    """Where each parameter of one run lies in a row of the flat buffer."""

    shapes: Mapping[str, torch.Size]
    offsets: Mapping[str, int]
    size: int

    @classmethod
    def of(cls, module: nn.Module) -> Layout:
        """The layout of a module's parameters, each starting at a multiple of ALIGNMENT."""
        shapes = {name: p.shape for name, p in module.named_parameters()}
        offsets, size = {}, 0
        for name, shape in shapes.items():
            offsets[name] = size
            size += -(-prod(shape) // ALIGNMENT) * ALIGNMENT
        return cls(shapes, offsets, size)

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """The parameters, [K, *shape] each, as views into flat [K, P]."""
        return {
            name: flat[:, self.offsets[name] : self.offsets[name] + prod(shape)].view(-1, *shape)
            for name, shape in self.shapes.items()
        }


@dataclass
class Stack:
    """One network of K runs: parameters [K, P], buffers [K, ...], and its optimiser's state."""

    module: nn.Module
    layout: Layout
    parameters: Tensor
    buffers: dict[str, Tensor]
    moments: Moments
    steps: int = 0

    def __post_init__(self) -> None:
        self.views = self.layout.views(self.parameters)
        self.gradient = torch.zeros_like(self.parameters)
        self._gradient_views = list(self.layout.views(self.gradient).values())

    @classmethod
    def of(cls, modules: Sequence[nn.Module], index: Tensor) -> Stack:
        """Stack `modules`; run k starts as a copy of modules[index[k]].

        The flat buffer has the parameters' dtype.
        """
        module, layout = modules[0], Layout.of(modules[0])
        flat = torch.zeros(len(modules), layout.size, dtype=_dtype(module))
        for row, one in enumerate(modules):
            for name, view in layout.views(flat).items():
                view[row] = one.get_parameter(name).detach()
        parameters = flat.to(index.device)[index]
        buffers = {
            name: torch.stack([one.get_buffer(name) for one in modules]).to(index.device)[index]
            for name, _ in module.named_buffers()
        }
        moments = Moments(torch.zeros_like(parameters), torch.zeros_like(parameters))
        return cls(module.to("meta"), layout, parameters, buffers, moments)

    def descend(self, gradient: Sequence[Tensor], optimizer: Optimizer, rates: Rates) -> None:
        """One optimiser step along the gradient, given parameter by parameter as in `views`."""
        torch._foreach_copy_(self._gradient_views, list(gradient))
        self.steps += 1
        optimizer(self.parameters, self.gradient, self.moments, self.steps, rates)

    def replace(self, values: Named, runs: Tensor) -> None:
        """Put new parameters, [K, *shape] each, in the place of the old; of some runs (a mask)."""
        for name, value in values.items():
            view = self.views[name]
            view.copy_(value.where(by_run(runs, value), view))

    def copy_buffers(self) -> dict[str, Tensor]:
        """Buffers for a forward pass that shall leave no trace."""
        return {name: buffer.clone() for name, buffer in self.buffers.items()}

    def clear(self, runs: Tensor) -> None:
        """Set all numbers of some runs (a mask [K]) to zero."""
        for tensor in self._tensors():
            tensor[runs] = 0.0

    def state(self) -> dict[str, Any]:
        """All that changes while training, for a checkpoint."""
        return {"tensors": self._tensors(), "steps": self.steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state` gave."""
        self.steps = state["steps"]
        for own, kept in zip(self._tensors(), state["tensors"], strict=True):
            own.copy_(kept)

    def _tensors(self) -> list[Tensor]:
        return [
            self.parameters,
            self.moments.first,
            self.moments.second,
            *self.buffers.values(),
        ]


def over_runs(function: Function, runs: int) -> Function:
    """The function of one run mapped over all arguments' leading dimension, of `runs` runs.

    A single run is computed as it is: then images stay channels_last, and convolutions ungrouped.
    """
    if runs > 1:
        return vmap(function, randomness="same")  # programs refuse it, and say where it is

    def alone(*arguments: Any) -> Any:
        return tree_map(lambda one: one[None], function(*tree_map(lambda one: one[0], arguments)))

    return alone


def by_run(mask: Tensor, values: Tensor) -> Tensor:
    """A mask [K] of runs, shaped to broadcast over values [K, ...]."""
    return mask.view(-1, *(1,) * (values.dim() - 1))


def _dtype(module: nn.Module) -> torch.dtype:
    return next((p.dtype for p in module.parameters()), torch.float32)


def _call(module: nn.Module, state: tuple[Named, Named], *inputs: Tensor) -> Any:
    return functional_call(module, {**state[0], **state[1]}, inputs)


def bind(modules: Mapping[str, nn.Module], states: Mapping[str, tuple[Named, Named]]) -> Networks:
    """The networks of one run, ready to be called: modules with (parameters, buffers) put in.

    A network in `states` called `<name>_before` is an earlier state of the module `<name>`.
    """
    return {
        name: partial(_call, modules[name.removesuffix(BEFORE)], state)
        for name, state in states.items()
    }
