"""Which axes panels tell apart, and which runs belong to a panel."""

import pandas as pd
import pytest

from vistab.report.view.layout import Column, Layout, choose_layout, matching
from vistab.report.view.payload import _axis
from vistab.spec.study import Study

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


def test_numbers_run_from_small_to_large_in_every_figure_and_text_as_the_study_has_it(
    study: Study,
) -> None:
    """Maps, curves and facets take their values from the layout."""
    axes = {
        "optimizer.learning_rate": (4e-3, 1e-3, 2e-3),
        "family.loss": ("non_saturating", "minimax"),
        "family.batch_norm": (True, False),
        "family.regularizer.weight": (5.0, 0.0, 1.0),
    }
    found = choose_layout(study.model_copy(update={"axes": axes, "zip": (), "claims": ()}))
    assert found.series is not None
    assert found.x is not None
    values = {c.path: c.values for c in (found.series, found.x, *found.facets)}
    assert values == {
        "optimizer.learning_rate": (1e-3, 2e-3, 4e-3),
        "family.loss": ("non_saturating", "minimax"),
        "family.batch_norm": (True, False),
        "family.regularizer.weight": (0.0, 1.0, 5.0),
    }


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([2.0, 0.5, None, 2.0, 1.0], ["0.5", "1", "2", ""]),
        (["vi", "minimax", "vi"], ["vi", "minimax"]),
        ([True, False, True], ["on", "off"]),
    ],
)
def test_the_table_s_choices_are_in_the_same_order(values: list[object], names: list[str]) -> None:
    found = _axis(pd.DataFrame({"a.b": pd.Series(values, dtype=object)}), "a.b")
    assert found["names"] == names
    where = dict(zip(found["index"], values, strict=True))
    assert len(where) == len(names)
