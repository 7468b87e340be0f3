"""Small matters of printing."""

from __future__ import annotations

from json import dumps
from typing import Any

from rich.text import Text


def print_json(document: Any) -> None:
    """Print the one JSON document of `--json`; ValueError if it holds NaN or infinity."""
    print(dumps(document, allow_nan=False, ensure_ascii=False, indent=1))


def count(n: int, noun: str) -> str:
    """`1 run`, `1,200 runs`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def one_line(sentence: str) -> Text:
    """A table cell that is cut short rather than wrapped."""
    return Text(sentence, no_wrap=True, overflow="ellipsis")
