"""Users' own families: found, looked over and tried for one round before anything else starts."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import GenericAlias
from typing import Any, get_args

import yaml
from pydantic import create_model

import vistab
from vistab.errors import RequestError
from vistab.plan.model import Pack, Plan
from vistab.results.provenance import read_provenance
from vistab.spec.base import Spec
from vistab.spec.families import FamilySpec
from vistab.spec.metrics import Metric
from vistab.spec.outcomes import Outcome

LONGEST = 300
"""Characters shown of what was raised; some of torch's messages fill a screen."""


class FamilyError(RequestError):
    """A user's family cannot be used; the message says why, in one line."""


def import_spec(kind: str, folders: tuple[Path, ...]) -> type[FamilySpec]:
    """The spec model of the family `kind`, whose module may lie in `folders`. FamilyError."""
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.append(folder)  # the packs' own processes take it over
    with _users_code(kind):
        from vistab.families import find_family  # imports torch, and so will a user's family

        return find_family(kind).spec


def recorded_spec(path: Path) -> type[FamilySpec]:
    """A spec model for the family of a stored study, in which every field is spelt out.

    So results are judged without the family's module, and without torch. Read by a loader that
    tells 1.0 from 1, for this is all that is left of the fields' types.
    """
    section = yaml.safe_load(path.read_text(encoding="utf-8"))["family"]
    declared = read_provenance(path.parent).get("metrics", {})

    class Recorded(FamilySpec):
        metrics = {name: Metric(**one) for name, one in declared.items()}
        outcomes = frozenset(get_args(Outcome))  # what may be claimed was checked before any run

    return create_model("RecordedFamily", __base__=Recorded, **_fields(section))


def _fields(section: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (_kind_of(value), ...) for name, value in section.items()}


def _kind_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return create_model("RecordedSection", __base__=Spec, **_fields(value))
    if isinstance(value, list):
        return GenericAlias(tuple, (_kind_of(value[0]) if value else Any, ...))
    return float if isinstance(value, float) else Any


def try_out(plan: Plan) -> None:
    """Look the plan's family over and train one round of its first run. FamilyError."""
    from vistab.families import find_family
    from vistab.families.checks import check_parts
    from vistab.targets import make_target
    from vistab.training import train_pack

    settings = plan.runs[0].arm.settings
    with _users_code(settings.family.kind), tempfile.TemporaryDirectory() as folder:
        family, target = find_family(settings.family.kind), make_target(settings.target)
        check_parts(family, settings.family, target.shape)
        train_pack(_first_round(plan), Path(folder))


def _first_round(plan: Plan) -> Pack:
    run = plan.runs[0].shortened(rounds=1, snapshots=1)
    return Pack("trial", plan.study.seed, (run,))


@contextlib.contextmanager
def _users_code(kind: str) -> Iterator[None]:
    """What a user's code prints stays off stdout, and whatever it raises is told in one line."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (Exception, SystemExit) as error:
        raise FamilyError(_told(error, kind)) from None


def _told(error: BaseException, kind: str) -> str:
    said = " ".join(str(error).split())
    shown = said if len(said) <= LONGEST else f"{said[:LONGEST]} ..."
    told = f"cannot be used as a family: {type(error).__name__}: {shown}{_where(error)}"
    if isinstance(error, ModuleNotFoundError) and f"{kind.split(':')[0]}.".startswith(
        f"{error.name}."
    ):
        told += " in the current folder, the study's folder, or what is installed"
    return told


def _where(error: BaseException) -> str:
    """The last line of the user's own code that the error came through, if it did."""
    ours = (str(Path(vistab.__file__).parent), sysconfig.get_path("stdlib"), "<")
    others = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    theirs = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(ours + others)
    ]
    return f" ({os.path.relpath(theirs[-1].filename)}:{theirs[-1].lineno})" if theirs else ""
