"""What a family is: networks and losses written for ONE run, and the phases that alternate.

Nothing here knows of packs. `vistab.training` stacks the runs of a pack and maps these functions
over them, so a family reads like the equations of its paper.

Letters: x data [batch, d], z latents [batch, latent_dim], `networks` the bound networks by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from torch import Tensor, nn

from vistab.spec.families import FamilySpec

Input = Literal["data", "latents"]
Anchor = Literal["phase_start", "previous_phase"]
Inputs = Mapping[Input, Tensor]
Networks = Mapping[str, Callable[..., Tensor]]
Numbers = Mapping[str, Tensor]
"""The family's stacking fields, one scalar tensor each: they differ between the runs of a pack."""

Outputs = Mapping[str, Tensor]

S = TypeVar("S", bound=FamilySpec)


class Step(NamedTuple):
    """What the loss of one run gives back.

    loss: scalar to be minimised. outputs: what the incremental term holds in place, by name
    ([batch, d] each); empty where a phase has no such term. evidence: scalars to be kept, by
    history column.
    """

    loss: Tensor
    outputs: dict[str, Tensor]
    evidence: dict[str, Tensor]


Loss = Callable[[Networks, Inputs, Outputs, Numbers], Step]
"""(networks, inputs, anchor, numbers) -> Step.

`anchor` holds the frozen copy's outputs on the same inputs. Empty, it says that the networks have
not moved yet: the loss then anchors at its own outputs, so that the term and its gradient are
exactly 0, not 0 up to rounding.
"""


@dataclass(frozen=True)
class Incremental:
    """The frozen copy that a phase's incremental term (E8, E10) measures from.

    outputs: (networks, inputs) -> what `Step.outputs` is, without a loss.
    anchor: the networks as they were when this phase began, or when its predecessor one round
    earlier began (in the first round: when this phase began).
    """

    outputs: Callable[[Networks, Inputs], dict[str, Tensor]]
    anchor: Anchor


@dataclass(frozen=True)
class Phase:
    """One leg of the alternation: which networks step, on what, how often, on which loss.

    Each phase draws `batches` fresh blocks of `inputs` and takes `steps` optimiser steps on each.
    """

    name: str
    trains: tuple[str, ...]
    inputs: tuple[Input, ...]
    batches: int
    steps: int
    loss: Loss
    incremental: Incremental | None = None


@dataclass(frozen=True)
class Family(Generic[S]):
    """A choice of p and q, of the direction of KL between them, and of the phases.

    spec: the family's section of the study. networks: (spec, d) -> freshly initialised modules for
    one run, by name; `generator_scale` acts on the one called "generator". phases: in the order in
    which a round plays them. sample: (networks, latents) -> x. numbers: the stacking fields of the
    section. outcomes: which outcomes a run of the family can reach.
    """

    spec: type[S]
    latent_dim: Callable[[S], int]
    networks: Callable[[S, int], dict[str, nn.Module]]
    phases: Callable[[S], tuple[Phase, ...]]
    sample: Callable[[Networks, Tensor], Tensor]
    numbers: Callable[[S], dict[str, float]]
    outcomes: frozenset[str]


AnyFamily = Family[Any]
