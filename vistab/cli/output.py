"""Small matters of printing."""

from __future__ import annotations

from json import dumps
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from vistab.results.numbers import plain


def print_json(document: Any) -> None:
    """Print the one JSON document of `--json`; what is not finite is null."""
    print(dumps(plain(document), allow_nan=False, ensure_ascii=False, indent=1))


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 5 min`, `11 days`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 72 else f"{hours / 24:.0f} days"


def one_line(sentence: str) -> Text:
    """A table cell that is cut short rather than wrapped."""
    return Text(sentence, no_wrap=True, overflow="ellipsis")


def claims_table(*columns: str) -> Table:
    """A table with a row a claim: columns that keep their width, then what the claim says."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    for name in columns:
        table.add_column(name, no_wrap=True)
    table.add_column("it says", ratio=1)
    return table
