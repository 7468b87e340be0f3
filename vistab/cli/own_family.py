"""Users' own families: found, kept with their results, and what they raise told in one line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import GenericAlias
from typing import Any, get_args

import yaml
from pydantic import BaseModel, create_model

from vistab.cli.frames import raised_where, shortened
from vistab.errors import RequestError
from vistab.results.provenance import read_provenance
from vistab.spec.base import STACKS, Spec
from vistab.spec.families import FamilySpec
from vistab.spec.metrics import Metric
from vistab.spec.outcomes import Outcome


class FamilyError(RequestError):
    """A user's family cannot be used; the message says why, in one line."""


def import_spec(kind: str, folders: tuple[Path, ...]) -> type[FamilySpec]:
    """The spec model of the family `kind`, whose module may lie in `folders`. FamilyError."""
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.append(folder)  # the packs' own processes take it over
    with users_code(kind):
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


@contextlib.contextmanager
def users_code(kind: str, where: str = "") -> Iterator[None]:
    """What a user's code prints stays off stdout, and whatever it raises is told in one line."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (Exception, SystemExit) as error:
        raise FamilyError(_told(error, kind) + where) from None


def _told(error: BaseException, kind: str) -> str:
    said = shortened(str(error)) + _of_a_number(error)
    told = f"cannot be used as a family: {type(error).__name__}: {said}{raised_where(error)}"
    if isinstance(error, ModuleNotFoundError) and f"{kind.split(':')[0]}.".startswith(
        f"{error.name}."
    ):
        told += " in the current folder, the study's folder, or what is installed"
    return told


def _of_a_number(error: BaseException) -> str:
    """What is not said by Python of a number that was read where one pack has many."""
    if not (isinstance(error, AttributeError) and isinstance(error.obj, BaseModel)):
        return ""
    field = type(error.obj).model_fields.get(error.name or "")
    if field is None or STACKS not in field.metadata:
        return ""
    return ": it is marked STACKS, so it may differ within a pack; losses find it in numbers"
