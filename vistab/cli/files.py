"""The verbs that work on study files and train nothing: `check`, `plan`, `schema`, `new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vistab.analysis.wording import count
from vistab.cli.output import print_json
from vistab.cli.planning import print_plan
from vistab.cli.request import JsonOption, SetOption, SpecArgument, read_plan
from vistab.cli.summary import summary
from vistab.cli.template import new_study


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command(epilog="Example: vistab check studies/quickstart.yaml")(check)
    app.command(epilog="Example: vistab plan studies/quickstart.yaml --json")(plan)
    app.command(epilog="Example: vistab schema > study.schema.json")(schema)
    app.command(epilog="Example: vistab new my_study")(new)


def check(spec: SpecArgument, set_: SetOption = []) -> None:  # noqa: B006  never changed
    """Say everything that is wrong with a study file, or that nothing is."""
    planned = read_plan(spec, set_)
    described = summary(planned, with_power=False)
    for note in (*described["notes"], *described["warnings"]):
        print(f"{spec}: {note}")
    arms, runs, packs = len(planned.arms), len(planned.runs), len(planned.packs)
    print(
        f"{spec}: fine: {count(arms, 'arm')}, {count(runs, 'run')}, {count(packs, 'pack')}, "
        f"{count(len(planned.study.claims), 'claim')}"
    )


def plan(
    spec: SpecArgument,
    set_: SetOption = [],  # noqa: B006  never changed
    measure: Annotated[
        bool, typer.Option("--measure", help="Time a few rounds of every kind of pack.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show what a study would run, and what each claim would compare."""
    planned = read_plan(spec, set_)
    described = summary(planned)
    if measure:
        from vistab.cli.measure import measure_plan
        from vistab.cli.preparing import prepare_images

        prepare_images(planned, Console(stderr=True, quiet=json, highlight=False))
        described["measured"] = measure_plan(planned)
    if json:
        print_json(described)
    else:
        print_plan(Console(highlight=False), planned, described)


def schema() -> None:
    """Print the JSON Schema of study files, so that editors complete and check them."""
    from vistab.spec.schema import study_schema

    print_json(study_schema())


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The study's name; writes NAME.yaml.")
    ],
) -> None:
    """Write a commented study to start from."""
    path = Path(f"{name}.yaml")
    new_study(name, path)
    print(f"{path}: written; next: vistab check {path}")
