"""Checkpoints of packs: a killed pack goes on from its last one and ends with the same bits.

Random draws are keyed by round, so tensors and evidence are all there is to keep. A file's name
holds its round and the beginning of its content's SHA-256: what does not match was damaged, and
the one before it is taken. The last two are kept. Files are read as tensors alone, never as code.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vistab.results.files import write_bytes
from vistab.results.pack_folder import CHECKPOINTS, PackFolder
from vistab.training.evidence import Evidence
from vistab.training.pictures import Pictures
from vistab.training.state import Training

KEPT = 2


def save(directory: Path, training: Training, evidence: Evidence, seconds: float) -> None:
    """Write the state after a round; a kill at any moment leaves the last two, whole."""
    state = {
        "round": training.round,
        "stacks": {name: stack.state() for name, stack in training.stacks.items()},
        "diverged": training.diverged,
        "previous": training.previous,
        "rounds": evidence.rounds,
        "columns": _tensors(evidence.columns),
        "pictures": {one.name: _tensors(getattr(evidence.pictures, one.name)) for one in _PICTURES},
        "stretches": evidence.stretches,
        "seconds": seconds,
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    PackFolder(directory).create()
    write_bytes(directory / _name(training.round, content), content)
    for old in saved(directory)[:-KEPT]:
        old.unlink()


def saved(directory: Path) -> list[Path]:
    """The checkpoints there are, from old to new."""
    return PackFolder(directory).checkpoints()


def load(directory: Path, training: Training) -> tuple[Evidence, float]:
    """Put the last sound checkpoint, if any, into `training`; evidence and seconds so far."""
    for half in directory.glob(f".{CHECKPOINTS}.*.tmp"):
        half.unlink()
    state = _last_sound(directory, training.diverged.device)
    if state is None:
        return Evidence(), 0.0
    for name, stack in training.stacks.items():
        stack.restore(state["stacks"][name])
    training.round = training.resumed = state["round"]
    training.previous = state["previous"]
    training.stop(state["diverged"])
    pictures = {name: _arrays(one) for name, one in state["pictures"].items()}
    columns = _arrays(state["columns"])
    kept = Evidence(state["rounds"], columns, Pictures(**pictures), state.get("stretches", []))
    return kept, state["seconds"]


def _last_sound(directory: Path, device: torch.device) -> dict[str, Any] | None:
    for path in reversed(saved(directory)):
        content = path.read_bytes()
        if path.name == _name(int(path.name.split("-")[1]), content):
            state: dict[str, Any] = torch.load(
                io.BytesIO(content), weights_only=True, map_location=device
            )
            return state
    return None


def _name(number: int, content: bytes) -> str:
    """Sorted by name, checkpoints are sorted by round."""
    return f"round-{number:09d}-{sha256(content).hexdigest()[:16]}.pt"


_PICTURES = fields(Pictures)


def _tensors(value: Any) -> Any:
    """The value with its arrays as tensors, which is all that is read back."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    if isinstance(value, Mapping):
        return {key: _tensors(one) for key, one in value.items()}
    return [_tensors(one) for one in value] if isinstance(value, list) else value


def _arrays(value: Any) -> Any:
    """The value with its tensors as arrays."""
    if isinstance(value, torch.Tensor):
        return value.cpu().numpy()
    if isinstance(value, Mapping):
        return {key: _arrays(one) for key, one in value.items()}
    return [_arrays(one) for one in value] if isinstance(value, list) else value
