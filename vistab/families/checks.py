"""What every family must hold to, checked in plain words: for users' own, before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import torch
from torch import Tensor, nn

from vistab.families.base import AnyFamily, ClosedForm, Input, Networks, Observation, Phase
from vistab.spec.families import FamilySpec

ROWS = 3


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
    _check_data_set(family, spec, phases)
    _check_shown(family, networks, family.latent_dim(spec), dimension)


def _check_phase(phase: Phase | ClosedForm, networks: Mapping[str, nn.Module]) -> None:
    if not isinstance(phase, Phase | ClosedForm):
        raise TypeError(f"phases(spec) gave a {type(phase).__name__}, not a Phase or ClosedForm")
    _check_names(phase.name, "trains", phase.trains, networks)
    _check_names(phase.name, "inputs", phase.inputs, get_args(Input))
    if isinstance(phase, ClosedForm):
        return
    if phase.before:
        _check_names(phase.name, "before", phase.before, networks)
    if phase.batches < 1 or phase.steps < 1:
        raise TypeError(f"phase {phase.name}: batches and steps must be at least 1")


def _check_names(phase: str, what: str, given: Iterable[str], known: Iterable[str]) -> None:
    if isinstance(given, str) or not given or not set(given) <= set(known):
        raise TypeError(
            f"phase {phase}: {what} must be a tuple of some of {', '.join(known)}, {given!r} got"
        )


def _check_data_set(
    family: AnyFamily, spec: FamilySpec, phases: Iterable[Phase | ClosedForm]
) -> None:
    """Whoever reads the data set must say how large it is."""
    if family.data_size is not None:
        size = family.data_size(spec)
        if not isinstance(size, int) or size < 1:
            raise TypeError(f"data_size must give a whole number from 1 on, {size!r} got")
        return
    readers = [f"phase {phase.name}" for phase in phases if "data_set" in phase.inputs]
    readers += ["start"] if family.start is not None else []
    if readers:
        raise TypeError(f"{' and '.join(readers)} needs a data set: data_size says how large")


def _check_shown(family: AnyFamily, networks: Networks, latent_dim: int, dimension: int) -> None:
    """Samples and pictures have the shapes that vistab reads."""
    wide, narrow = torch.zeros(ROWS, dimension), torch.zeros(ROWS, latent_dim)
    inputs: dict[Input, Tensor] = {"latents": narrow, "generator_noise": wide}
    shape = tuple(family.sample(networks, inputs).shape)
    if shape != wide.shape:
        raise TypeError(f"sample must give [n, d], for 3 latents {tuple(wide.shape)}, {shape} got")
    if family.observe is None:
        return
    shown = family.observe(networks, {**inputs, "data": wide, "encoder_noise": narrow})
    if not isinstance(shown, Observation):
        raise TypeError(f"observe gave a {type(shown).__name__}, not an Observation")
    shapes = {"codes": narrow.shape, "reconstructions": wide.shape, "cycled": narrow.shape}
    for name, picture in shown.pictures.items():
        if picture.shape != shapes.get(name):
            known = ", ".join(f"{key} {tuple(shapes[key])}" for key in shapes)
            raise TypeError(
                f"observe: for 3 samples pictures may be {known}; {name} {tuple(picture.shape)} got"
            )
