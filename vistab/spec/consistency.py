"""Checking a study as a whole: its arms, their settings, and its claims against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from vistab.spec.claim_checks import check_claims, check_replicates
from vistab.spec.claims import ClaimSpec
from vistab.spec.draft import Draft
from vistab.spec.grid import Grid, make_grid, place_of_column
from vistab.spec.problems import Problems
from vistab.spec.settings import SectionBuilder, builders


@dataclass(frozen=True)
class Checked:
    """A study's arms, and its claims with typed values."""

    grid: Grid | None
    claims: Mapping[int, ClaimSpec]


def check_whole(draft: Draft, problems: Problems) -> Checked:
    """Note whatever is wrong across the parts of a study."""
    check_replicates(draft, problems)
    grid = make_grid(draft, problems)
    if grid is None:
        return Checked(None, draft.claims)
    for name, builder in builders(draft.sections, grid.columns).items():
        _check_section(draft, grid, name, builder, problems)
    return Checked(grid, check_claims(draft, grid, problems))


def _check_section(
    draft: Draft, grid: Grid, name: str, builder: SectionBuilder, problems: Problems
) -> None:
    """Values that are fine one by one may not go together: note the first such arm."""
    for row in grid.rows:
        try:
            builder.build(row)
        except ValidationError as error:
            complaint = error.errors(include_url=False)[0]
            columns = [column for column in grid.columns if column.startswith(f"{name}.")]
            place = place_of_column(draft, columns[0]) if columns else (name,)
            values = dict(zip(columns, builder.values(row), strict=True))
            problems.add(place, f"these values do not go together: {complaint['msg']}", values)
            return
