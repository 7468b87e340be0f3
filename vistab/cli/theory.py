"""The verb that checks the paper's equations: `theory`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vistab.cli.output import print_json
from vistab.cli.request import JsonOption
from vistab.errors import ExecutionError

if TYPE_CHECKING:
    from vistab.theory.check import Check

SYMBOLS = {True: "[green]✓[/]", False: "[red]✗[/]"}


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command(epilog="Example: vistab theory --json")(theory)


def theory(json: JsonOption = False) -> None:
    """Check the equations E1 to E19 by numbers; exit code 1 if one does not hold."""
    from vistab.theory.checks import run_checks

    sections = run_checks()
    checks = [check for section in sections.values() for check in section]
    if json:
        print_json([_record(check) for check in checks])
    else:
        Console(highlight=False).print(_table(sections.values()))
    failing = [check.number for check in checks if not check.holds]
    if failing:
        raise ExecutionError(f"{len(failing)} of {len(checks)} do not hold: {', '.join(failing)}")
    if not json:
        print(f"All {len(checks)} statements hold.")


def _table(sections: Iterable[Iterable[Check]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("statement")
    for name in ("left", "", "right", "residual"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("holds", no_wrap=True)
    for section in sections:
        for check in section:
            table.add_row(*_row(check))
        table.add_section()
    return table


def _row(check: Check) -> tuple[str, ...]:
    from vistab.theory.check import show, show_residual

    return (
        *(check.number, escape(check.statement)),
        *(show(check.left, 4), check.relation.replace("<=", "≤"), show(check.right, 4)),
        *(show_residual(check.residual), SYMBOLS[check.holds]),
    )


def _record(check: Check) -> dict[str, Any]:
    """The check as plain data; what is only rounding off 0, which no two machines share, is 0."""
    sides = {name: round(getattr(check, name), 12) for name in ("left", "right", "residual")}
    return asdict(check) | sides | {"holds": check.holds}
