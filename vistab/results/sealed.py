"""JSON files that know their own content: a changed one is refused, never read as something else.

The last key, `seal`, is the SHA-256 of all the rest in canonical form. Files from before there were
seals have none, and are taken as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from vistab.errors import ResultsError
from vistab.results.files import read_json, write_json

SEAL: Final = "seal"
FILES: Final = "files"
"""The key under which hashes of other files stand. Only sealed files have it, so that a file whose
seal is gone is told from one that never had any."""


def write_sealed(path: Path, data: Mapping[str, Any]) -> None:
    """Write the mapping and its seal, atomically. ValueError for NaN and infinity."""
    rest = json.loads(json.dumps({k: v for k, v in data.items() if k != SEAL}, allow_nan=False))
    write_json(path, {**rest, SEAL: _seal(rest)})


def read_sealed(path: Path) -> dict[str, Any]:
    """The mapping, without its seal. ResultsError if it cannot be read or was changed."""
    data = read_json(path)
    if not isinstance(data, dict):
        raise ResultsError(f"{path}: cannot be read: not a mapping")
    seal = data.pop(SEAL, None)
    if seal != _seal(data) if seal is not None else FILES in data:
        raise ResultsError(f"{path}: was changed or damaged: its content does not match its seal")
    return data


def _seal(data: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of what JSON reads back."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
