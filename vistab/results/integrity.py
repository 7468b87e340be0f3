"""Whether stored files are still what was written: by a hash of each, kept when it was finished.

When a pack is done, the hashes of its files go into its done.json. When packs are merged, those of
the tables, the samples, the search's log and study.yaml go into provenance.json, and after judging
those of verdicts.json and report.html. Both files are sealed (sealed.py). Whoever reads a file
compares first, so a changed one is told by name and never read as other numbers. Folders from
before hashes were kept have none: they are read, and that nobody can tell is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from vistab.errors import ResultsError
from vistab.results.sealed import FILES

Kept = Mapping[str, str]
"""What is kept of a file: `sha256`, and when it was `written` (UTC, ISO 8601)."""

RUNS, HISTORY, STUDY = "runs.parquet", "history.parquet", "study.yaml"
VERDICTS, REPORT = "verdicts.json", "report.html"

NEEDED: Final[Mapping[str, str]] = {
    STUDY: "what was asked for",
    RUNS: "the outcomes and metrics of all runs",
    HISTORY: "the losses and signals of all runs over the rounds",
    "search.jsonl": "what the search tried",
}
"""What verdicts rest on, beside provenance.json, and what is lost with each."""


def check_needed(folder: Path, provenance: Mapping[str, Any]) -> None:
    """ResultsError, with what is lost and what can be done, if a file that is needed is damaged."""
    kept = provenance.get(FILES, {})
    found = {name: damage(folder / name, kept.get(name)) for name in NEEDED}
    told = {name: why for name, why in found.items() if why is not None}
    if told:
        lines = [f"{why}; lost with it: {NEEDED[name]}" for name, why in told.items()]
        raise ResultsError("\n".join([*lines, _remedy(folder, told)]))


def _remedy(folder: Path, damaged: Iterable[str]) -> str:
    if set(damaged) == {STUDY}:
        return "The command that ran the study writes it again: vistab study SPEC"
    if (folder / "work").exists():
        return f"The packs are still there: vistab report {folder} makes the tables again"
    return "Put a copy back, or train again beside it: vistab study SPEC --fresh"


def kept_of(folder: Path, names: Iterable[str], when: str) -> dict[str, dict[str, str]]:
    """What is to be kept of these files of a folder, which were written at `when`."""
    return {
        name: {"sha256": digest((folder / name).read_bytes()), "written": when} for name in names
    }


def newly_kept(before: Mapping[str, Kept], now: Mapping[str, Kept]) -> dict[str, Kept]:
    """Both together; a file that was written again with the same content keeps its time."""
    same = {name for name in now if before.get(name, {}).get("sha256") == now[name]["sha256"]}
    return {**before, **{name: one for name, one in now.items() if name not in same}}


def read_kept(path: Path, kept: Kept | None) -> bytes:
    """The file's content. ResultsError, saying since when, if it is not what was written."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        written = f"; it was written on {kept['written']}" if kept else ""
        raise ResultsError(f"{path}: is missing{written}") from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from error
    if kept is not None and digest(content) != kept["sha256"]:
        raise ResultsError(
            f"{path}: was changed or damaged: it is not what was written on {kept['written']} "
            f"(last changed {_changed(path)})"
        )
    return content


def damage(path: Path, kept: Kept | None) -> str | None:
    """What is wrong with a file, in one line; None if nothing is, or nobody could tell."""
    if kept is None:
        return None
    try:
        read_kept(path, kept)
    except ResultsError as error:
        return str(error)
    return None


def digest(content: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()


def _changed(path: Path) -> str:
    try:
        when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return "nobody knows when"
    return when.isoformat(timespec="seconds")
