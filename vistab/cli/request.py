"""From a file named on the command line to a plan, with users' own families resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vistab.cli.data_check import check_data, with_missing_data
from vistab.cli.own_family import FamilyError, import_spec, recorded_spec
from vistab.errors import Problem, RequestError, StudyError
from vistab.plan import make_plan
from vistab.plan.model import Plan
from vistab.results.search_log import log_of
from vistab.spec.load import load_study
from vistab.spec.source import read_source
from vistab.spec.study import EvidenceSpec

SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC", help="The study file (YAML).")]
SetOption = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]


def read_plan(path: Path, overrides: Sequence[str] = (), *, quiet: bool = False) -> Plan:
    """Load and plan a study that can be run here: its data are on this machine.

    StudyError carries everything that is wrong with it. A user's family is tried out; if images
    must be decoded for that, how far they are is shown unless `quiet`.
    """
    try:
        plan = _read_plan(path, overrides, quiet)
    except StudyError as error:
        raise with_missing_data(error, path, overrides) from None
    if plan.study.evidence is not None and plan.study.evidence.features == "inception":
        _check_inception(plan.study.evidence, path, overrides)
    return plan


def _read_plan(path: Path, overrides: Sequence[str], quiet: bool) -> Plan:
    kind = _kind(path, overrides)
    if ":" not in kind:
        plan = make_plan(load_study(path, overrides=overrides))
        check_data(plan, path, overrides)
        return plan
    try:
        family = import_spec(kind, (Path.cwd(), path.absolute().parent))
        plan = make_plan(load_study(path, overrides=overrides, families={kind: family}))
        check_data(plan, path, overrides)
        _prepare(plan, quiet)
        _try_out(plan)
    except FamilyError as error:
        raise StudyError(_problems(path, overrides, str(error))) from None
    return plan


def read_stored_plan(path: Path, claims: Path | None = None) -> Plan:
    """The plan of a results folder's study.yaml; needs neither its data nor a user's family.

    claims: a file whose claims stand in place of the study's.
    """
    kind, trials = _kind(path), log_of(path.parent).trials()
    families = {kind: recorded_spec(path)} if ":" in kind else {}
    return make_plan(load_study(path, families=families, claims_of=claims), trials)


def _kind(path: Path, overrides: Sequence[str] = ()) -> str:
    family = read_source(path, overrides).data.get("family")
    return str(family.get("kind")) if isinstance(family, dict) else ""


def _prepare(plan: Plan, quiet: bool) -> None:
    from vistab.cli.preparing import prepare_images  # numpy and scipy, which no verb's help needs

    prepare_images(plan, Console(stderr=True, quiet=quiet, highlight=False))


def _try_out(plan: Plan) -> None:
    from vistab.cli.trial import try_out  # torch, which only a family of one's own needs here

    try_out(plan)


def _check_inception(evidence: EvidenceSpec, path: Path, overrides: Sequence[str]) -> None:
    """The network is there and has its weights: found out before anything is trained."""
    from vistab.training.inception import load_inception

    try:
        load_inception(evidence.weights)
    except RequestError as error:
        problems = read_source(path, overrides).problems
        problems.add(("evidence",), str(error))
        problems.raise_if_any()


def _problems(path: Path, overrides: Sequence[str], rule: str) -> tuple[Problem, ...]:
    """What is wrong with the family, in place of the loader's own at family.kind; others as are."""
    try:
        load_study(path, overrides=overrides)
    except StudyError as found:
        return tuple(
            replace(problem, rule=rule, nearest=None) if problem.path == "family.kind" else problem
            for problem in found.problems
        )
    raise AssertionError("a kind with a colon is never a family of vistab's own")
