"""Printing for machines."""

from __future__ import annotations

from json import dumps
from typing import Any


def print_json(document: Any) -> None:
    """Print the one JSON document of `--json`; ValueError if it holds NaN or infinity."""
    print(dumps(document, allow_nan=False, ensure_ascii=False, indent=1))
