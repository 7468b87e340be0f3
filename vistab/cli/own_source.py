"""The source of a user's own code: hashed, so that runs of two versions are never mixed."""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

import vistab
from vistab.plan.model import Plan

INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


def own_source(plan: Plan, spec: Path) -> dict[str, str] | None:
    """SHA-256 of each module of the user's, by its name; None if the family is vistab's own.

    They are the modules imported by now, when the family was tried out, whose files lie below the
    study's or the current folder, and all of the package that the family is in.
    """
    kind = plan.runs[0].arm.settings.family.kind
    if ":" not in kind:
        return None
    folders, package = (Path.cwd(), spec.absolute().parent), kind.split(":")[0].split(".")[0]
    files = {
        name: file
        for name, module in sorted(sys.modules.items())
        if (file := _source_file(name, module)) is not None
        and (name.split(".")[0] == package or any(map(file.is_relative_to, _resolved(folders))))
    }
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}


def _resolved(folders: Sequence[Path]) -> list[Path]:
    return [folder.resolve() for folder in folders]


def _source_file(name: str, module: ModuleType | None) -> Path | None:
    """The file of a module that is neither the command's own nor installed."""
    file = Path(getattr(module, "__file__", None) or "")
    if name == "__main__" or file.suffix != ".py" or not file.is_file():
        return None
    file = file.resolve()
    ours = (Path(vistab.__file__).resolve().parent, Path(sysconfig.get_path("stdlib")).resolve())
    if INSTALLED & set(file.parts) or any(map(file.is_relative_to, ours)):
        return None
    return file
