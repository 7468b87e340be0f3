"""What every family must hold to, checked in plain words: for users' own, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import torch
from torch import nn

from vistab.families.base import AnyFamily, Input, Phase
from vistab.spec.families import FamilySpec


def check_parts(family: AnyFamily, spec: FamilySpec, dimension: int) -> None:
    """Build the networks and phases of one run and look them over. TypeError if they do not fit."""
    networks = family.networks(spec, dimension)
    if not isinstance(networks, Mapping) or not networks:
        raise TypeError("networks(spec, d) must return modules by name")
    for name, module in networks.items():
        if not isinstance(module, nn.Module):
            raise TypeError(f"network {name} is a {type(module).__name__}, not a torch.nn.Module")
    phases = family.phases(spec)
    for phase in phases:
        _check_phase(phase, networks)
    idle = set(networks) - {name for phase in phases for name in phase.trains}
    if idle:
        raise TypeError(f"no phase trains the network {', '.join(sorted(idle))}")
    latents = torch.zeros(3, family.latent_dim(spec))
    shape = tuple(family.sample(networks, latents).shape)
    if shape != (3, dimension):
        raise TypeError(f"sample must give [n, d], for 3 latents {(3, dimension)}, {shape} got")


def _check_phase(phase: Phase, networks: Mapping[str, nn.Module]) -> None:
    if not isinstance(phase, Phase):
        raise TypeError(f"phases(spec) gave a {type(phase).__name__}, not a Phase")
    for what, given, known in (
        ("trains", phase.trains, tuple(networks)),
        ("inputs", phase.inputs, get_args(Input)),
    ):
        if isinstance(given, str) or not given or not set(given) <= set(known):
            raise TypeError(
                f"phase {phase.name}: {what} must be a tuple of some of {', '.join(known)}, "
                f"{given!r} got"
            )
    if phase.batches < 1 or phase.steps < 1:
        raise TypeError(f"phase {phase.name}: batches and steps must be at least 1")
