"""`vistab study`: plan, run, judge, report."""

from __future__ import annotations

import contextlib
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vistab.cli.output import print_json
from vistab.cli.own_source import own_source
from vistab.cli.request import JsonOption, SetOption, SpecArgument, read_plan
from vistab.errors import ExecutionError, RequestError
from vistab.execution.address import check_address


class Engine(StrEnum):
    """What trains the packs."""

    ray = "ray"
    local = "local"


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command(epilog="Example: vistab study studies/quickstart.yaml --workers 2")(study)


def study(
    context: typer.Context,
    spec: SpecArgument,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the results folder DIR/<study>/ goes.")
    ] = Path("reports"),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over in <study>.2, .3, ...; nothing is deleted.")
    ] = False,
    set_: SetOption = [],  # noqa: B006  typer reads it and never changes it
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Packs trained at once. [default: cores / cpus_per_pack]"),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="ray: Ray Tune. local: in this process, for debugging.")
    ] = Engine.ray,
    address: Annotated[
        str | None, typer.Option(metavar="ADDR", help="A running Ray cluster to train on.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but problems.")] = False,
    json: JsonOption = False,
) -> None:
    """Plan, run, judge and report a study. The same command, run again, resumes it."""
    if engine is Engine.local and (workers or address):
        raise RequestError("--workers, --address: only the engine ray has them; leave out --engine")
    if address:
        check_address(address)
    plan = read_plan(spec, set_, quiet=quiet or json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # batch systems stop jobs with it
    with contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext():
        from vistab.cli.running import Request, run

        asked = (engine.value, workers, address, quiet or json, context.obj)
        conclusion = run(Request(plan, out, fresh, *asked, own_source(plan, spec)))
    if json:
        print_json(conclusion.document())
    if conclusion.crashed:
        raise ExecutionError(conclusion.told_crashes())
    if conclusion.missing:
        raise ExecutionError(conclusion.told_missing())
    from vistab.cli.judging import raise_if_not_judged

    raise_if_not_judged(conclusion.verdicts)
