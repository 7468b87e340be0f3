"""From a file named on the command line to a plan, with users' own families resolved."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vistab.errors import Problem, StudyError
from vistab.plan import make_plan
from vistab.plan.model import Plan
from vistab.spec.families import FamilySpec
from vistab.spec.load import load_study
from vistab.spec.source import read_source

SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC", help="The study file (YAML).")]
SetOption = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]


def read_plan(path: Path, overrides: Sequence[str] = ()) -> Plan:
    """Load and plan a study. StudyError carries everything that is wrong with it."""
    kind = _kind(path, overrides)
    if ":" not in kind:
        return make_plan(load_study(path, overrides=overrides))
    _look_in(Path.cwd(), path.absolute().parent)
    try:
        family = _import_family(kind)
    except Exception as error:  # a user's module may raise anything as it is imported
        raise StudyError(_problems(path, overrides, kind, error)) from None
    return make_plan(load_study(path, overrides=overrides, families={kind: family}))


def _kind(path: Path, overrides: Sequence[str]) -> str:
    family = read_source(path, overrides).data.get("family")
    return str(family.get("kind")) if isinstance(family, dict) else ""


def _look_in(*folders: Path) -> None:
    """Let Python find a user's modules there, in the packs' own processes too."""
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.append(folder)


def _import_family(kind: str) -> type[FamilySpec]:
    from vistab.families import find_family  # imports torch, and so will a user's family

    return find_family(kind).spec


def _problems(
    path: Path, overrides: Sequence[str], kind: str, error: Exception
) -> tuple[Problem, ...]:
    """The import's problem in the place of the loader's own at family.kind; the others as found."""
    rule = f"cannot be used as a family: {type(error).__name__}: {error}"
    try:
        load_study(path, overrides=overrides)
    except StudyError as found:
        return tuple(
            replace(problem, rule=rule, value=repr(kind), nearest=None)
            if problem.path == "family.kind"
            else problem
            for problem in found.problems
        )
    return (Problem(os.fspath(path), None, "family.kind", rule, repr(kind)),)
