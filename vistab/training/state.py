"""A pack in training: its stacked networks, per-run numbers and draws, as it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vistab.families import AnyFamily, find_family
from vistab.families.base import ClosedForm, Input, Phase
from vistab.families.numbers import names_of, numbers_of, without_numbers
from vistab.plan.model import Pack
from vistab.spec.families import FamilySpec
from vistab.spec.study import Settings
from vistab.targets import Target, make_target
from vistab.targets.base import Shape
from vistab.targets.data import DataTarget
from vistab.training.optimizers import OPTIMIZERS, Optimizer, Rates
from vistab.training.pack import Named, Stack
from vistab.training.program import Programs
from vistab.training.resident import data_sampler
from vistab.training.streams import Draws, Sampler, Streams, normal
from vistab.training.weights import keyed, owners_of

States = Mapping[str, tuple[Named, Named]]
"""By network: its parameters and its buffers, with the runs leading."""


@dataclass
class Training:
    """All that one round reads and changes, for K runs.

    numbers: the family's stacking fields and `round`, [K] each. samplers: how one replicate's batch
    of each input is drawn. data_set: [K, n, d], of families that have one. watched: the inputs,
    [K, n, ...] each, from which every snapshot is taken. diverged: a mask [K]. previous: by phase,
    the parameters of the networks that it trains as it found them one round earlier. data_size: of
    the target's data set, None for densities. round: the last that was played; resumed: that
    of the checkpoint that it goes on from.
    """

    family: AnyFamily
    phases: tuple[Phase | ClosedForm, ...]
    stacks: dict[str, Stack]
    numbers: dict[str, Tensor]
    rates: dict[str, Rates]
    optimizer: Optimizer
    draws: Draws
    samplers: dict[Input, Sampler]
    data_set: Tensor | None
    watched: dict[Input, Tensor]
    diverged: Tensor
    data_size: int | None = None
    previous: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    round: int = 0
    resumed: int = 0
    programs: Programs = field(default_factory=Programs)

    @property
    def runs(self) -> int:
        """How many runs the pack has."""
        return len(self.diverged)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The networks' modules, without numbers: `states` are to be put in."""
        return {name: stack.module for name, stack in self.stacks.items()}

    @property
    def states(self) -> States:
        """The networks' numbers, to be changed in place."""
        return {name: (stack.views, stack.buffers) for name, stack in self.stacks.items()}

    def stop(self, diverged: Tensor) -> None:
        """Freeze the runs of mask `diverged`: zeros everywhere, and a learning rate of 0.

        So whatever is not finite leaves the pack, and the other runs compute as before.
        """
        self.diverged = diverged
        for name, stack in self.stacks.items():
            stack.clear(diverged)
            self.rates[name].learning_rate[diverged] = 0.0
        for held in self.previous.values():
            for flat in held.values():
                flat[diverged] = 0.0


def begin(pack: Pack, device: str = "cpu", *, compiled: bool = False) -> Training:
    """A pack before its first round. All runs share the program, so the first run's tells it."""
    settings = [run.arm.settings for run in pack.runs]
    specs = [one.family for one in settings]
    shared, family = settings[0], find_family(specs[0].kind)
    section = without_numbers(specs[0], names_of(specs[0]))
    target, latent_dim = make_target(shared.target), family.latent_dim(section)
    draws = Draws.of(pack.seed, [run.replicate for run in pack.runs], device)
    data_set = _data_set(family, section, target, draws)
    stacks = _stacks(family, section, specs, target.shape, draws, data_set)
    sampler = data_sampler(target, draws.index.device)
    watched = _samplers(target, sampler, latent_dim, shared.budget.snapshot_samples)
    return Training(
        family=family,
        phases=family.phases(section),
        stacks=stacks,
        numbers=_columns([{"round": 0.0} | numbers_of(spec) for spec in specs], device),
        rates={name: _rates(settings, name, device) for name in stacks},
        optimizer=OPTIMIZERS[shared.optimizer.kind],
        draws=draws,
        samplers=_samplers(target, sampler, latent_dim, shared.budget.batch_size),
        data_set=data_set,
        watched={name: draws.draw(draw, f"snapshot.{name}") for name, draw in watched.items()},
        diverged=torch.zeros(len(pack.runs), dtype=torch.bool, device=device),
        data_size=target.size if isinstance(target, DataTarget) else None,
        programs=Programs(compiled=compiled),
    )


def _samplers(
    target: Target, data: Callable[[int], Sampler], latent_dim: int, n: int
) -> dict[Input, Sampler]:
    """How n of each input are drawn, but for the data set."""
    return {
        "data": data(n),
        "latents": normal((n, latent_dim)),
        "encoder_noise": normal((n, latent_dim)),
        "generator_noise": normal((n, target.dimension)),
    }


def _data_set(family: AnyFamily, spec: FamilySpec, target: Target, draws: Draws) -> Tensor | None:
    if family.data_size is None:
        return None
    n = family.data_size(spec)
    return draws.draw(lambda generator: target.sample(n, generator), "data_set")


def _stacks(
    family: AnyFamily,
    shared: FamilySpec,
    specs: Sequence[FamilySpec],
    shape: Shape,
    draws: Draws,
    data_set: Tensor | None,
) -> dict[str, Stack]:
    """The networks as they begin; runs of one replicate and one family section begin alike."""

    def build() -> dict[str, nn.Module]:
        return family.networks(shared, shape)

    owners, replicates = owners_of(build), draws.index.tolist()
    keys = [(r, spec.model_dump_json()) for r, spec in zip(replicates, specs, strict=True)]
    built: dict[tuple[int, str], Mapping[str, nn.Module]] = {}
    for k, key in enumerate(keys):
        if key not in built:
            streams = draws.streams[replicates[k]]
            built[key] = keyed(build, owners, streams)
            if data_set is not None:
                _start(family, specs[k], built[key], streams, data_set[k])
    distinct = list(built)
    index = torch.tensor([distinct.index(key) for key in keys], device=draws.index.device)
    return {
        name: Stack.of([networks[name] for networks in built.values()], index)
        for name in built[keys[0]]
    }


def _start(
    family: AnyFamily,
    spec: FamilySpec,
    networks: Mapping[str, nn.Module],
    streams: Streams,
    data: Tensor,
) -> None:
    """Initialise the networks of one run from its data, if the family does that."""
    if family.start is not None:
        with streams.torch_seeded("start"):  # should it draw from there, against what it is told
            family.start(spec, networks, data.cpu().numpy(), streams.generator("start"))


def _columns(rows: Sequence[dict[str, float]], device: str) -> dict[str, Tensor]:
    return {
        name: torch.tensor([row[name] for row in rows], dtype=torch.float32, device=device)
        for name in rows[0]
    }


def _rates(settings: Sequence[Settings], network: str, device: str) -> Rates:
    rows = []
    for one in (one.optimizer for one in settings):
        scale = one.generator_scale if network == "generator" else 1.0
        rows.append((one.learning_rate * scale, *one.betas))
    numbers = torch.tensor(rows, dtype=torch.float32, device=device)
    return Rates(*(column[:, None].clone() for column in numbers.T))
