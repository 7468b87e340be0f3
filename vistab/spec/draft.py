"""A study on its way to being checked as a whole: its parts, each valid by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from vistab.spec.axes import SweepableField, sections_of, sweepable_fields
from vistab.spec.claims import ClaimSpec
from vistab.spec.search import ConfirmSpec, SearchSpec
from vistab.spec.study import EvidenceSpec, NamedArm, Study


@dataclass(frozen=True)
class Draft:
    """What the grid and the claims are checked on.

    Sections that could not be saved are absent. arms, exclude and claims are keyed by their index
    in the file, since wrong entries are left out. `unsure` holds axis paths with problems of their
    own: whatever names one of them is not checked further, so that one slip makes one message.
    """

    sections: Mapping[str, BaseModel]
    axes: Mapping[str, tuple[Any, ...]]
    zip: Mapping[int, Mapping[str, tuple[Any, ...]]]
    arms: Mapping[int, NamedArm]
    exclude: Mapping[int, Mapping[str, Any]]
    claims: Mapping[int, ClaimSpec]
    replicates: int
    max_runs: int
    search: SearchSpec | None = None
    confirm: ConfirmSpec | None = None
    evidence: EvidenceSpec | None = None
    unsure: frozenset[str] = frozenset()

    @cached_property
    def fields(self) -> dict[str, SweepableField]:
        """The sweepable fields by dotted path."""
        return sweepable_fields(self.sections)


def draft_of(study: Study) -> Draft:
    """The draft that a finished study is."""
    return Draft(
        sections=sections_of(study),
        axes=study.axes,
        zip=dict(enumerate(study.zip)),
        arms=dict(enumerate(study.arms)),
        exclude=dict(enumerate(study.exclude)),
        claims=dict(enumerate(study.claims)),
        replicates=study.replicates,
        max_runs=study.max_runs,
        search=study.search,
        confirm=study.confirm,
        evidence=study.evidence,
    )
