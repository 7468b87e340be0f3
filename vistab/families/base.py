"""What a family is: networks and losses written for ONE run, and the phases that alternate.

Nothing here knows of packs. `vistab.training` stacks the runs of a pack and maps these functions
over them, so a family reads like the equations of its paper.

Letters: x data [batch, d], z latents [batch, latent_dim], `networks` the bound networks by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from vistab.spec.families import FamilySpec
from vistab.targets.base import Shape

Input = Literal["data", "latents", "encoder_noise", "generator_noise", "data_set"]
"""data [batch, d]: fresh from the target. latents, encoder_noise [batch, latent_dim] and
generator_noise [batch, d]: standard normal. data_set [n, d]: from the target, drawn once (see
`Family.data_size`)."""

Anchor = Literal["phase_start", "previous_phase"]
Inputs = Mapping[Input, Tensor]
Networks = Mapping[str, Callable[..., Any]]
Numbers = Mapping[str, Tensor]
"""The fields of the family's section that are marked STACKS, by path within it
(`regularizer.weight`), and `round` (from 1): one scalar tensor each."""

Outputs = Mapping[str, Tensor]

BEFORE = "_before"
"""Ends the names under which a loss finds networks as they were when its phase began."""

S = TypeVar("S", bound=FamilySpec)


class Step(NamedTuple):
    """What the loss of one run gives back.

    loss: scalar to be minimised. outputs: what the incremental term holds in place, by name
    ([batch, d] each); empty where a phase has no such term. evidence: scalars or vectors to be
    kept, by history column, detached.
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
    """The frozen copy that a phase's incremental term (E8, E10, E13) measures from.

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
    before: networks that the loss is also handed as they were when the phase began, frozen, under
    the name `<name>_before`.
    """

    name: str
    trains: tuple[str, ...]
    inputs: tuple[Input, ...]
    batches: int
    steps: int
    loss: Loss
    incremental: Incremental | None = None
    before: tuple[str, ...] = ()


class Update(NamedTuple):
    """What a phase in closed form finds for one run.

    objective: scalar that the alternation never raises; a run in which it is not finite has
    diverged. values: the new parameters, by network and name. evidence: as in `Step`.
    """

    objective: Tensor
    values: dict[str, dict[str, Tensor]]
    evidence: dict[str, Tensor]


@dataclass(frozen=True)
class ClosedForm:
    """One leg of the alternation that is solved exactly: the networks it trains are replaced.

    It sees one block of `inputs` a round. `update`: (networks, inputs, numbers) -> Update.
    """

    name: str
    trains: tuple[str, ...]
    inputs: tuple[Input, ...]
    update: Callable[[Networks, Inputs, Numbers], Update]


class Observation(NamedTuple):
    """What a family shows of a run at a snapshot, networks in inference mode.

    pictures: any of `codes` [n, latent_dim] (of the data, sampled where the encoder is random),
    `reconstructions` [n, d] (of the data, without noise) and `cycled` [n, latent_dim] (the latents,
    generated and encoded again); vistab measures and keeps them. evidence: scalars or vectors to be
    kept, by history column.
    """

    pictures: dict[str, Tensor]
    evidence: dict[str, Tensor]


Start = Callable[[S, Mapping[str, nn.Module], npt.NDArray[np.float32], np.random.Generator], None]
"""(spec, networks, data_set [n, d], generator): initialise the networks of one run, in place."""


@dataclass(frozen=True)
class Family(Generic[S]):
    """A choice of p and q, of the direction of KL between them, and of the phases.

    spec: the family's section of the study. networks: (spec, shape of one sample) -> freshly
    initialised modules for one run, by name, which take and give rows [batch, d], of images too;
    `generator_scale` acts on the one called "generator". phases: in the order in which a round
    plays them. sample: (networks, inputs) -> x [n, d], from inputs `latents` and
    `generator_noise`. observe: (networks, inputs) ->
    what more to show at a snapshot; its inputs are the same at every snapshot: all but `data_set`.
    data_size: how many samples `data_set` holds. start: initialisation from the data set.

    The spec that latent_dim, networks, phases and data_size see lacks the fields marked STACKS,
    which may differ within a pack: losses find these in `numbers`. `start` sees the run's own.
    """

    spec: type[S]
    latent_dim: Callable[[S], int]
    networks: Callable[[S, Shape], dict[str, nn.Module]]
    phases: Callable[[S], tuple[Phase | ClosedForm, ...]]
    sample: Callable[[Networks, Inputs], Tensor]
    observe: Callable[[Networks, Inputs], Observation] | None = None
    data_size: Callable[[S], int] | None = None
    start: Start[S] | None = None


AnyFamily = Family[Any]
