"""From a study file to a Study, or to every problem that the file has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from vistab.spec.axis_reading import AxisReader
from vistab.spec.base import found_from
from vistab.spec.consistency import check_whole
from vistab.spec.draft import Draft
from vistab.spec.reading import Families, read_claims, read_header, read_sections
from vistab.spec.search import confirmed_names
from vistab.spec.search_reading import CHOSEN_BY_SEARCH, read_search
from vistab.spec.source import Source, read_source, with_claims_of
from vistab.spec.study import Study
from vistab.spec.yaml12 import Dumper


def load_study(
    path: Path,
    *,
    overrides: Sequence[str] = (),
    families: Families | None = None,
    claims_of: Path | None = None,
) -> Study:
    """The study in the file, with defaults filled in and ranges expanded.

    overrides: `path=value` texts (`--set`), the value in YAML. families: spec models of users'
    families by their `package.module:Name`. claims_of: another file, whose `claims` take the place
    of this one's, and of which nothing else is read.
    Raises StudyError with all problems, of every stage, and nothing else.
    """
    source = read_source(path, overrides)
    if claims_of is not None:
        source = with_claims_of(source, claims_of)
    if source.problems.is_settled(()):
        source.problems.raise_if_any()  # of a file that cannot be read there is no more to say
    header = read_header(source.data, source.problems)
    if header.evidence is not None:
        evidence = found_from(header.evidence, path.parent)
        header = header.model_copy(update={"evidence": evidence})
    draft = _draft(source, header, families or {}, path.parent)
    checked = check_whole(draft, source.problems)
    source.problems.raise_if_any()
    return header.model_copy(
        update={
            **draft.sections,
            "axes": draft.axes,
            "zip": tuple(draft.zip.values()),
            "arms": tuple(draft.arms.values()),
            "exclude": tuple(draft.exclude.values()),
            "search": draft.search,
            "confirm": draft.confirm,
            "replicates": draft.replicates,
            "claims": tuple(checked.claims.values()),
        }
    )


def study_document(study: Study) -> dict[str, Any]:
    """The study as plain data with every default spelt out; load_study reads it back as equal."""
    document: dict[str, Any] = study.model_dump(mode="json")
    hidden = ("search", "confirm") if study.search is None else CHOSEN_BY_SEARCH
    for key in (*hidden, *(["evidence"] if study.evidence is None else [])):
        del document[key]
    for claim in document["claims"]:
        for key in [key for key, value in claim.items() if value is None]:
            del claim[key]
    return document


def study_text(study: Study) -> str:
    """study_document as YAML. Text that looks like a number is quoted, as YAML 1.2 needs it."""
    return yaml.dump(study_document(study), Dumper=Dumper, sort_keys=False, allow_unicode=True)


def _draft(source: Source, header: Study, families: Families, folder: Path) -> Draft:
    data, problems = source.data, source.problems
    read = read_sections(data, families, problems)
    sections = {name: found_from(section, folder) for name, section in read.items()}
    reader = AxisReader(data, sections, problems)
    axes, groups, arms = reader.axes(), reader.zip(), reader.arms()
    swept = axes | {path: values for group in groups.values() for path, values in group.items()}
    named = [path for arm in arms.values() for path in (*arm.set, *arm.axes)]
    search, confirm = read_search(data, reader, problems)
    return Draft(
        sections=sections,
        axes=axes,
        zip=groups,
        arms=arms,
        exclude=reader.exclude(swept),
        claims=read_claims(data, problems),
        replicates=confirm.replicates if confirm else header.replicates,
        max_runs=header.max_runs,
        search=search,
        confirm=confirm,
        evidence=header.evidence,
        unsure=reader.unsure([*swept, *named])
        | frozenset(confirmed_names(confirm) if confirm and not search else ()),
    )
