"""What every family must hold to, checked in plain words: for users' own, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import get_args

import torch
from torch import Tensor, nn

from vistab.collapse.signals import SIGNALS
from vistab.families.base import (
    BEFORE,
    AnyFamily,
    ClosedForm,
    Input,
    Networks,
    Numbers,
    Observation,
    Phase,
    Step,
    Update,
)
from vistab.families.numbers import names_of, numbers_of, without_numbers
from vistab.spec.families import FamilySpec
from vistab.spec.outcomes import Outcome
from vistab.targets.base import Shape

ROWS = 3
TAKEN = frozenset({"run_id", "round", "mode_shares", "main_mode", *SIGNALS})
"""Columns of the history that are vistab's own."""

Modules = Mapping[str, nn.Module]


def check_parts(family: AnyFamily, spec: FamilySpec, shape: Shape) -> None:
    """Build one run and call each of its parts once. TypeError if they do not fit."""
    numbers, shared = _numbers(spec), without_numbers(spec, names_of(spec))
    networks, dimension = family.networks(shared, shape), math.prod(shape)
    _check_networks(networks)
    phases = tuple(family.phases(shared))
    _check_phases(phases, networks)
    _check_data_set(family, shared, phases)
    inputs = _inputs(family, shared, dimension)
    _check_shown(family, networks, inputs)
    for phase in phases:
        if isinstance(phase, Phase):
            _check_step(phase, networks, inputs, numbers)
        else:
            _check_update(phase, networks, inputs, numbers)
    unknown = spec.outcomes - set(get_args(Outcome))
    if unknown:
        raise TypeError(f"the spec names no outcomes of vistab's: {', '.join(sorted(unknown))}")


def _check_networks(networks: Modules) -> None:
    if not isinstance(networks, Mapping) or not networks:
        raise TypeError("networks(spec, shape) must return modules by name")
    for name, module in networks.items():
        if not isinstance(module, nn.Module):
            raise TypeError(f"network {name} is a {type(module).__name__}, not a torch.nn.Module")
        if name.endswith(BEFORE):
            raise TypeError(f"network {name}: names that end in {BEFORE} are for earlier states")
        if len({parameter.dtype for parameter in module.parameters()}) > 1:
            raise TypeError(f"network {name}: its parameters must all have one dtype")


def _check_phases(phases: Iterable[Phase | ClosedForm], networks: Modules) -> None:
    names: set[str] = set()
    for phase in phases:
        _check_phase(phase, networks)
        if phase.name in names:
            raise TypeError(f"two phases are called {phase.name}")
        names.add(phase.name)
    idle = set(networks) - {name for phase in phases for name in phase.trains}
    if idle:
        raise TypeError(f"no phase trains the network {', '.join(sorted(idle))}")


def _check_phase(phase: Phase | ClosedForm, networks: Modules) -> None:
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


def _numbers(spec: FamilySpec) -> dict[str, Tensor]:
    """What a loss of the first round is handed."""
    numbers = numbers_of(spec)
    if "round" in numbers:
        raise TypeError("no field marked STACKS may be called round, which is counted by vistab")
    return {name: torch.tensor(float(n)) for name, n in {**numbers, "round": 1}.items()}


def _inputs(family: AnyFamily, spec: FamilySpec, dimension: int) -> dict[Input, Tensor]:
    """Three rows of each input, and a data set of its size where there is one."""
    wide, narrow = torch.zeros(ROWS, dimension), torch.zeros(ROWS, family.latent_dim(spec))
    inputs: dict[Input, Tensor] = {
        "data": wide,
        "latents": narrow,
        "encoder_noise": narrow,
        "generator_noise": wide,
    }
    if family.data_size is not None:
        inputs["data_set"] = torch.zeros(family.data_size(spec), dimension)
    return inputs


def _check_step(
    phase: Phase, networks: Modules, inputs: Mapping[Input, Tensor], numbers: Numbers
) -> None:
    """The loss gives a scalar, and what the incremental term looks at."""
    given = {name: inputs[name] for name in phase.inputs}
    before = {name + BEFORE: networks[name] for name in phase.before}
    step = phase.loss({**networks, **before}, given, {}, numbers)
    if not isinstance(step, Step):
        raise TypeError(f"phase {phase.name}: its loss gave a {type(step).__name__}, not a Step")
    _check_scalar(phase.name, "loss", step.loss)
    _check_evidence(step.evidence)
    if phase.incremental is None:
        return
    outputs = phase.incremental.outputs(networks, given)
    if not outputs or _shapes(outputs) != _shapes(step.outputs):
        raise TypeError(f"phase {phase.name}: loss and incremental must give the same outputs")


def _check_update(
    phase: ClosedForm, networks: Modules, inputs: Mapping[Input, Tensor], numbers: Numbers
) -> None:
    """The update gives a scalar, and parameters of the networks that the phase trains."""
    update = phase.update(networks, {name: inputs[name] for name in phase.inputs}, numbers)
    if not isinstance(update, Update):
        raise TypeError(
            f"phase {phase.name}: its update gave a {type(update).__name__}, not an Update"
        )
    _check_scalar(phase.name, "objective", update.objective)
    _check_evidence(update.evidence)
    _check_names(phase.name, "values", tuple(update.values), phase.trains)
    for name, values in update.values.items():
        known = _shapes(dict(networks[name].named_parameters()))
        wrong = {key: shape for key, shape in _shapes(values).items() if known.get(key) != shape}
        if wrong:
            raise TypeError(f"phase {phase.name}: network {name} has {known}, {wrong} got")


def _check_scalar(phase: str, what: str, value: Tensor) -> None:
    if value.ndim:
        raise TypeError(f"phase {phase}: its {what} must be a scalar, {tuple(value.shape)} got")


def _check_evidence(evidence: Mapping[str, Tensor]) -> None:
    """Evidence is scalars and vectors, under names of its own."""
    for name, values in evidence.items():
        if name in TAKEN:
            raise TypeError(f"evidence may not be called {name}: vistab has a column of that name")
        if not isinstance(values, Tensor) or values.ndim > 1:
            got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
            raise TypeError(f"evidence {name} must be a tensor, a scalar or a vector, {got} got")


def _check_shown(family: AnyFamily, networks: Networks, inputs: Mapping[Input, Tensor]) -> None:
    """Samples and pictures have the shapes that vistab reads."""
    wide, narrow = inputs["data"], inputs["latents"]
    drawn: dict[Input, Tensor] = {"latents": narrow, "generator_noise": wide}
    shape = tuple(family.sample(networks, drawn).shape)
    if shape != wide.shape:
        raise TypeError(f"sample must give [n, d], for 3 latents {tuple(wide.shape)}, {shape} got")
    if family.observe is None:
        return
    shown = family.observe(networks, {**drawn, "data": wide, "encoder_noise": narrow})
    if not isinstance(shown, Observation):
        raise TypeError(f"observe gave a {type(shown).__name__}, not an Observation")
    _check_evidence(shown.evidence)
    shapes = {"codes": narrow.shape, "reconstructions": wide.shape, "cycled": narrow.shape}
    for name, picture in shown.pictures.items():
        if picture.shape != shapes.get(name):
            known = ", ".join(f"{key} {tuple(shapes[key])}" for key in shapes)
            raise TypeError(
                f"observe: for 3 samples pictures may be {known}; {name} {tuple(picture.shape)} got"
            )


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
