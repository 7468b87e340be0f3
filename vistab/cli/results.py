"""The verbs that read a results folder: `judge`, `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vistab.cli.output import print_json
from vistab.cli.request import JsonOption

FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A results folder, for example reports/quickstart.")
]


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command(epilog="Example: vistab report reports/quickstart")(report)
    app.command(epilog="Example: vistab judge reports/quickstart --json")(judge)


def report(folder: FolderArgument) -> None:
    """Judge a results folder again and write its verdicts and report; trains nothing."""
    from vistab.cli.judging import raise_if_not_judged, report_again
    from vistab.cli.tables import print_verdicts

    verdicts, page = report_again(folder)
    print_verdicts(Console(highlight=False), verdicts, page)
    raise_if_not_judged(verdicts)


def judge(
    folder: FolderArgument,
    claims: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judge the claims of this file instead: POST HOC."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Judge a results folder again and print the verdicts; trains and writes nothing."""
    from vistab.analysis import to_record
    from vistab.cli.judging import judge_again, raise_if_not_judged
    from vistab.cli.tables import print_verdicts

    verdicts = judge_again(folder, claims)
    if json:
        print_json([to_record(verdict) for verdict in verdicts])
    else:
        print_verdicts(Console(highlight=False), verdicts, None)
    raise_if_not_judged(verdicts)
