"""Checkpoints of packs: a killed pack goes on from its last one and ends with the same bits.

Random draws are keyed by round, so tensors and evidence are all there is to keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vistab.results.files import write_atomically
from vistab.training.evidence import Evidence
from vistab.training.pictures import Array, Pictures
from vistab.training.state import Training

NAME = "checkpoint.pt"


def save(directory: Path, training: Training, evidence: Evidence, seconds: float) -> None:
    """Write the state after a snapshot; a kill at any moment leaves this one or the last one."""
    state = {
        "stacks": {name: stack.state() for name, stack in training.stacks.items()},
        "diverged": training.diverged,
        "previous": training.previous,
        "rounds": evidence.rounds,
        "columns": {
            name: [torch.from_numpy(values) for values in column]
            for name, column in evidence.columns.items()
        },
        "shots": {number: _tensors(shot) for number, shot in evidence.pictures.shots.items()},
        "originals": _tensors({"data": evidence.pictures.originals}),
        "seconds": seconds,
    }
    directory.mkdir(parents=True, exist_ok=True)
    write_atomically(directory / NAME, lambda file: torch.save(state, file))


def load(directory: Path, training: Training) -> tuple[Evidence, float]:
    """Put the last checkpoint, if there is one, into `training`; evidence and seconds so far."""
    path = directory / NAME
    if not path.exists():
        return Evidence(), 0.0
    device = training.diverged.device
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location=device)
    for name, stack in training.stacks.items():
        stack.restore(state["stacks"][name])
    training.previous = state["previous"]
    training.stop(state["diverged"])
    evidence = Evidence(
        rounds=state["rounds"],
        columns={
            name: [values.cpu().numpy() for values in column]
            for name, column in state["columns"].items()
        },
        pictures=Pictures(
            {number: _arrays(shot) for number, shot in state["shots"].items()},
            _arrays(state["originals"]).get("data"),
        ),
    )
    return evidence, state["seconds"]


def _tensors(arrays: Mapping[str, Array | None]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(one) for name, one in arrays.items() if one is not None}


def _arrays(tensors: Mapping[str, torch.Tensor]) -> dict[str, Array]:
    return {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
