"""Checking a study as a whole: its arms, their settings, and its claims against them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from vistab.spec.claim_checks import check_claims, check_replicates
from vistab.spec.claims import ClaimSpec
from vistab.spec.draft import Draft
from vistab.spec.evidence_checks import check_evidence
from vistab.spec.grid import Grid, Row, make_grid, place_of_column
from vistab.spec.network_checks import check_networks
from vistab.spec.problems import Problems
from vistab.spec.search import SearchSpec, corners
from vistab.spec.search_grid import make_search_grid
from vistab.spec.settings import SectionBuilder, builders
from vistab.spec.targets import TargetSpec


@dataclass(frozen=True)
class Checked:
    """A study's arms, and its claims with typed values."""

    grid: Grid | None
    claims: Mapping[int, ClaimSpec]


def check_whole(draft: Draft, problems: Problems) -> Checked:
    """Note whatever is wrong across the parts of a study."""
    check_replicates(draft, problems)
    check_evidence(draft, problems)
    grid = make_grid(draft, problems) if draft.search is None else make_search_grid(draft, problems)
    if grid is None:
        return Checked(None, draft.claims)
    rows = grid.rows if draft.search is None else tuple(_rows(draft.search))
    sections = builders(draft.sections, grid.columns)
    for name, builder in sections.items():
        _check_section(draft, grid.columns, rows, name, builder, problems)
    check_networks(draft, grid.columns, rows, problems)
    return Checked(grid, check_claims(draft, grid, problems, _most_modes(sections, rows)))


def _most_modes(sections: Mapping[str, SectionBuilder], rows: Sequence[Row]) -> float:
    """Modes of the richest target of any row; infinite if there is none, which is noted already."""
    most = -math.inf
    for row in rows if "target" in sections else ():
        with contextlib.suppress(ValidationError):
            target = sections["target"].build(row).model
            assert isinstance(target, TargetSpec)
            most = max(most, target.most_modes)
    return most if most > 0 else math.inf


def _rows(search: SearchSpec) -> Iterator[Row]:
    """The extremes of what a search may suggest, as rows of a grid."""
    return (tuple(corner.values()) for corner in corners(search))


def _check_section(
    draft: Draft,
    columns: Sequence[str],
    rows: Sequence[Row],
    name: str,
    builder: SectionBuilder,
    problems: Problems,
) -> None:
    """Values that are fine one by one may not go together: note the first such arm."""
    for row in rows:
        try:
            builder.build(row)
        except ValidationError as error:
            complaint = error.errors(include_url=False)[0]
            varied = [column for column in columns if column.startswith(f"{name}.")]
            place = place_of_column(draft, varied[0]) if varied else (name,)
            values = dict(zip(varied, builder.values(row), strict=True))
            problems.add(place, f"these values do not go together: {complaint['msg']}", values)
            return
