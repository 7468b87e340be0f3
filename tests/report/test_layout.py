"""Which axes panels tell apart, and which runs belong to a panel."""

import pandas as pd
import pytest

from vistab.report.view.layout import Column, Layout, matching

RUNS = pd.DataFrame(
    {
        "run_id": ["a", "b", "c"],
        "family.loss": ["vi", "minimax", "vi"],
        "optimizer.betas": ["[0.5,0.9]", "[0.5,0.9]", "[0.0,0.9]"],
    }
)


def test_runs_match_every_value_at_once() -> None:
    """Lists are text in the table."""
    found = matching(RUNS, {"family.loss": "vi", "optimizer.betas": (0.5, 0.9)})
    assert list(found["run_id"]) == ["a"]


@pytest.mark.parametrize("runs", [RUNS, RUNS.head(0)], ids=["no match", "no runs"])
def test_where_no_run_matches_the_columns_stay(runs: pd.DataFrame) -> None:
    """A second axis can still be asked for, and the empty table still counts outcomes."""
    found = matching(runs, {"family.loss": "hinge", "optimizer.betas": (0.5, 0.9)})
    assert found.empty
    assert list(found.columns) == list(RUNS.columns)


def layout(x: int, facet: int) -> Layout:
    """A layout with so many values of x and of one facet."""
    columns = (Column("x.x", tuple(range(x))), Column("x.facet", tuple(range(facet))))
    return Layout(Column("x.series", (0, 1)), columns[0], columns[1:], None)


def test_the_x_axis_is_told_apart_as_long_as_panels_are_few() -> None:
    few = layout(3, 4).apart(12)
    assert few.x is None
    assert [facet.path for facet in few.facets] == ["x.facet", "x.x"]
    assert layout(4, 4).apart(12) == layout(4, 4)
    alone = Layout(None, None, (), None)
    assert alone.apart(0) == alone
