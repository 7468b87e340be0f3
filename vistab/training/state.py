"""A pack in training: its stacked networks, per-run numbers and draws, as it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from vistab.families import AnyFamily, find_family
from vistab.families.base import Input, Phase
from vistab.plan.model import Pack
from vistab.spec.study import Settings
from vistab.targets import make_target
from vistab.training.optimizers import OPTIMIZERS, Optimizer, Rates
from vistab.training.pack import Stack
from vistab.training.program import Programs
from vistab.training.streams import Draws, Floats, normal

Sampler = Callable[[np.random.Generator], Floats]


@dataclass
class Training:
    """All that one round reads and changes, for K runs.

    numbers: the family's stacking fields, [K] each. samplers: how one replicate's batch of each
    input is drawn. diverged: a mask [K]. previous: by phase, the parameters of the networks that it
    trains as it found them one round earlier.
    """

    family: AnyFamily
    phases: tuple[Phase, ...]
    stacks: dict[str, Stack]
    numbers: dict[str, Tensor]
    rates: dict[str, Rates]
    optimizer: Optimizer
    draws: Draws
    samplers: dict[Input, Sampler]
    latents: Tensor
    """[K, n, latent_dim]: the fixed latents that every snapshot's samples come from."""
    diverged: Tensor
    previous: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    programs: Programs = field(default_factory=Programs)

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


def begin(pack: Pack, device: str = "cpu") -> Training:
    """A pack before its first round. All runs share the program, so the first run's tells it."""
    settings = [run.arm.settings for run in pack.runs]
    shared, family = settings[0], find_family(settings[0].family.kind)
    target, latent_dim = make_target(shared.target), family.latent_dim(shared.family)
    draws = Draws.of(pack.seed, [run.replicate for run in pack.runs], device)
    batch, watched = shared.budget.batch_size, shared.budget.snapshot_samples
    stacks = _stacks(family, shared, target.dimension, draws)
    return Training(
        family=family,
        phases=family.phases(shared.family),
        stacks=stacks,
        numbers=_columns([family.numbers(one.family) for one in settings], device),
        rates={name: _rates(settings, name, device) for name in stacks},
        optimizer=OPTIMIZERS[shared.optimizer.kind],
        draws=draws,
        samplers={
            "data": lambda generator: target.sample(batch, generator),
            "latents": normal((batch, latent_dim)),
        },
        latents=draws.draw(normal((watched, latent_dim)), "snapshot.latents"),
        diverged=torch.zeros(len(pack.runs), dtype=torch.bool, device=device),
    )


def _stacks(family: AnyFamily, shared: Settings, dimension: int, draws: Draws) -> dict[str, Stack]:
    built = []
    for streams in draws.streams:
        with streams.torch_seeded("weights"):
            built.append(family.networks(shared.family, dimension))
    return {name: Stack.of([one[name] for one in built], draws.index) for name in built[0]}


def _columns(rows: Sequence[dict[str, float]], device: str) -> dict[str, Tensor]:
    return {name: torch.tensor([row[name] for row in rows], device=device) for name in rows[0]}


def _rates(settings: Sequence[Settings], network: str, device: str) -> Rates:
    rows = []
    for one in (one.optimizer for one in settings):
        scale = one.generator_scale if network == "generator" else 1.0
        rows.append((one.learning_rate * scale, *one.betas))
    numbers = torch.tensor(rows, dtype=torch.float32, device=device)
    return Rates(*(column[:, None].clone() for column in numbers.T))
