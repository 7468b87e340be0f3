"""The arms that a search will confirm, as a grid that claims can be checked against beforehand."""

from __future__ import annotations

from vistab.spec.draft import Draft
from vistab.spec.grid import Grid, base_value
from vistab.spec.problems import Problems
from vistab.spec.search import confirmed_names, n_suggestions, space_of


def make_search_grid(draft: Draft, problems: Problems) -> Grid:
    """A row for the baseline and one for each arm to be confirmed; the columns are the search's.

    What the search will choose is not known yet, so every row holds the base values: such arms are
    told apart by name, and claims may name them in no other way (there are no levels).
    """
    assert draft.search is not None
    columns = tuple(space_of(draft.search))
    base = tuple(base_value(draft, column) for column in columns)
    names = confirmed_names(draft.confirm) if draft.confirm else ()
    _check_size(draft, len(names), problems)
    return Grid(
        columns=columns,
        rows=(base,) * len(names),
        names=names,
        levels=dict.fromkeys(columns, ()),
        arm_paths=dict.fromkeys(names, columns),
        notes=(),
    )


def _check_size(draft: Draft, n_arms: int, problems: Problems) -> None:
    assert draft.search is not None
    explored = n_suggestions(draft.search) * draft.search.replicates
    n_runs = explored + n_arms * draft.replicates
    if n_runs > draft.max_runs:
        rule = f"the search and its confirmation have {n_runs:,} runs, more than max_runs"
        nearest = f"raise max_runs to {n_runs:,} if that is meant"
        problems.add(("max_runs",), rule, draft.max_runs, nearest)
