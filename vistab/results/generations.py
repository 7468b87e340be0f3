"""Generations: results folders of one study beside each other. A look at any of them counts.

A new one notes what the others had declared, so that a claim that was worded after their results
is known as post hoc here too, and the report lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from vistab.errors import ResultsError
from vistab.results.provenance import NAME, Data, read_provenance, same_data, same_source
from vistab.spec.identity import trained_hash
from vistab.spec.study import Study

NOTED: Final = (
    *("declared", "trained_hash", "seed", "replicates", "alpha", "claims"),
    "tested",
)
"""What a generation notes of an older one, beside its folder."""

LOST: Final[Mapping[str, Any]] = {name: None for name in NOTED} | {"claims": {}, "tested": []}
"""The same of one whose provenance.json is lost or damaged: it may have declared nothing."""


def choose_folder(
    out: Path,
    study: Study,
    *,
    fresh: bool = False,
    data: Data | None = None,
    source: Mapping[str, str] | None = None,
) -> Path:
    """`out`/<study>, or <study>.2, .3, ...: the newest that holds this study, else the newest.

    `fresh` asks for the first number after all that there are. On other data, or with other modules
    of a user's, it is another study. ResultsError if no folder holds it, and of some nobody can
    tell what they hold.
    """
    folders = generations(out, study.study)
    if fresh or not folders:
        last = max(map(_number, folders), default=0)
        return out / (study.study if not last else f"{study.study}.{last + 1}")
    asked, known, lost = trained_hash(study), {}, []
    for folder in folders:
        try:
            known[folder] = read_provenance(folder)
        except ResultsError as error:
            lost.append(error)
    same = [folder for folder, it in known.items() if it["trained_hash"] == asked]
    matching = [
        folder
        for folder in same
        if same_data(known[folder], data) and same_source(known[folder], source)
    ]
    if not same and lost:
        raise ResultsError(f"{lost[-1]}\n{WITHOUT}")
    return (matching or same or folders)[-1]


WITHOUT: Final = (
    "It holds results, and what was declared before them is not known: put a copy of "
    f"{NAME} back, or start over beside it with --fresh (every claim is then POST HOC)."
)
"""What may be done about a folder with results and no provenance."""


def generations(out: Path, name: str) -> list[Path]:
    """The folders in `out` that hold this study, or results of it, from old to new."""
    pattern = re.compile(re.escape(name) + r"(\.([2-9]|[1-9]\d+))?")
    try:
        beside = list(out.iterdir()) if out.is_dir() else []
        found = (folder for folder in beside if pattern.fullmatch(folder.name))
        return sorted(
            (one for one in found if (one / NAME).exists() or holds_results(one)), key=_number
        )
    except OSError as error:
        raise ResultsError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _number(folder: Path) -> int:
    return int(folder.name.partition(".")[2] or 1)


def holds_results(folder: Path) -> bool:
    """Whether runs were trained for it, and left something."""
    tables = ("runs.parquet", "history.parquet", "verdicts.json", "search.jsonl")
    packs = folder.glob("work/*/done.json")
    return any((folder / name).exists() for name in tables) or any(True for _ in packs)


def noted_before(folder: Path, name: str) -> list[dict[str, Any]]:
    """What a new generation notes of all others beside it, and of those that these had noted."""
    noted: dict[str, dict[str, Any]] = {}
    for other in generations(folder.parent, name):
        if other != folder:
            noted |= _noted(other)
    return [noted[one] for one in sorted(noted, key=lambda one: _number(Path(one)))]


def _noted(folder: Path) -> dict[str, dict[str, Any]]:
    """By the folders' names. A claim list of before `tested` was kept counts whole."""
    try:
        found = read_provenance(folder)
    except ResultsError:
        return {folder.name: {"folder": folder.name, **LOST}}
    earlier = {one["folder"]: one for one in found.get("generations", ())}
    own = {name: found.get(name) for name in NOTED}
    tested = found.get("tested", list(found["claims"]))
    return {**earlier, folder.name: {"folder": folder.name, **own, "tested": tested}}
