"""Which swept axis goes where in the maps: chosen from what the study sweeps, never hard-coded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from vistab.plan.model import column_value
from vistab.report.words import axis_name, listed, value_name
from vistab.spec.axes import get
from vistab.spec.grid import in_order
from vistab.spec.search import confirmed_names
from vistab.spec.selection import controls
from vistab.spec.study import Study

MOST_PANELS = 12
"""Small multiples of curves that can still be read together."""


@dataclass(frozen=True)
class Column:
    """An axis and its values: numbers from small to large, others in the study's order."""

    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Layout:
    """The roles of the swept axes: colour and rows of maps, x of maps, facets, and those pooled.

    `series` is the axis that the claims compare (else the first numeric one); `pair` are its two
    levels that are compared, (control, treatment), when a claim names them.
    """

    series: Column | None
    x: Column | None
    facets: tuple[Column, ...]
    pair: tuple[Any, Any] | None

    @property
    def levels(self) -> tuple[Any, ...]:
        """The levels of the series that curves show: the compared pair, or the first four."""
        return self.pair or (self.series.values[:4] if self.series else ())

    def apart(self, most: int) -> Layout:
        """With the x axis among the facets, if that makes at most `most` panels."""
        if self.x is None:
            return self
        layout = replace(self, x=None, facets=(*self.facets, self.x))
        return layout if len(list(layout.panels())) <= most else self

    def panels(self) -> Iterator[dict[str, Any]]:
        """Every assignment of the facet axes, in their values' order."""
        for values in itertools.product(*(facet.values for facet in self.facets)):
            yield {facet.path: value for facet, value in zip(self.facets, values, strict=True)}


def axis_columns(runs: pd.DataFrame) -> list[str]:
    """The axis columns of runs.parquet: dotted paths, as no other column is."""
    return [str(column) for column in runs.columns if "." in str(column)]


def told_columns(runs: pd.DataFrame) -> list[str]:
    """The columns by which the table of all runs tells them apart: the role too, if it differs."""
    return [*(["role"] if runs["role"].nunique() > 1 else []), *axis_columns(runs)]


def plain(value: Any) -> Any:
    """A value of a table as its Python value; lists (of betas, say) as tuples, which compare.

    None for one that is missing, as it is while a search has not chosen it.
    """
    if isinstance(value, (list, tuple, np.ndarray)):
        return tuple(plain(item) for item in value)
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def matching(runs: pd.DataFrame, assignment: Mapping[str, Any]) -> pd.DataFrame:
    """The runs whose axis columns hold these values (as text: lists, and axes of mixed types)."""
    for path, value in assignment.items():
        wanted = (plain(value), str(value), column_value(value))
        kept = np.array([plain(found) in wanted for found in runs[path]], dtype=bool)
        runs = runs[kept]  # an empty list would pick columns
    return runs


def grid_axes(study: Study) -> dict[str, tuple[Any, ...]]:
    """The axes of the grid, zipped ones too, their values in order."""
    zipped = {path: values for group in study.zip for path, values in group.items()}
    return {path: in_order(values) for path, values in {**study.axes, **zipped}.items()}


def swept(study: Study) -> dict[str, tuple[Any, ...]]:
    """The axes of the grid that take more than one value."""
    return {path: values for path, values in grid_axes(study).items() if len(values) > 1}


def left_out(layout: Layout, named: Sequence[str] = ()) -> str:
    """Which levels of the series (and which named arms) curves and strips leave out, in words."""
    hidden: list[str] = []
    if layout.series:
        rest = [value for value in layout.series.values if value not in layout.levels]
        name = axis_name(layout.series.path)
        hidden += [f"{name} {listed([value_name(value) for value in rest])}"] if rest else []
    arms = f"the named arm{'' if len(named) == 1 else 's'} {listed(list(named))}"
    hidden += [arms] if named else []
    return f"Left out here: {listed(hidden)}; the table of all runs has them." if hidden else ""


def grid_runs(study: Study, runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of the grid: axes that only named arms set hold the study's own value.

    The arms that a search has confirmed are a grid of their own.
    """
    if study.search is not None:
        return runs
    own = grid_axes(study)
    extra = [path for path in axis_columns(runs) if path not in own]
    return matching(runs, {path: get(study, path) for path in extra})


def of_named_arms(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs whose arms have a name."""
    return runs[runs["arm"].notna() & (runs["arm"] != runs["arm_id"])]


def named_runs(grid: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of named arms, but for those of the grid."""
    named = of_named_arms(runs)
    return named[~named["run_id"].isin(set(grid["run_id"]))]


def choose_layout(study: Study) -> Layout:
    """Series: the axis that claims compare; x: the continuous one with most values; facets: others.

    Facets are ordered by their number of values, so that the longest runs along the rows of panels.
    Of a study with a search, the confirmed arms are compared, by name.
    """
    if study.search is not None and study.confirm is not None:
        return Layout(Column("arm", confirmed_names(study.confirm)), None, (), None)
    axes = [Column(path, tuple(values)) for path, values in swept(study).items()]
    compared = compared_axis(study)
    ranked = sorted(axes, key=lambda column: _rank(study, column))
    series = next((c for c in axes if compared and c.path == compared[0]), None)
    series = series or next(iter(ranked), None)
    x = next((column for column in ranked if column is not series), None)
    rest = (column for column in axes if column not in (series, x))
    facets = tuple(sorted(rest, key=lambda column: len(column.values)))
    pair = compared[1] if compared and series and series.path == compared[0] else None
    return Layout(series, x, facets, pair)


def _rank(study: Study, column: Column) -> tuple[int, int]:
    kinds = (float, int, bool, str)
    kind = type(get(study, column.path))
    return (kinds.index(kind) if kind in kinds else len(kinds), -len(column.values))


def compared_axis(study: Study) -> tuple[str, tuple[Any, Any] | None] | None:
    """The first axis that alone tells a claim's treatment from its controls, if one is swept.

    With its two levels, (control, treatment), if there is one control.
    """
    for claim in study.claims:
        sides = [getattr(claim, "treatment", {}), *controls(claim)]
        if len({frozenset(side) for side in sides}) > 1:
            continue
        differing = [path for path in sides[0] if len({plain(side[path]) for side in sides}) > 1]
        if len(differing) == 1 and differing[0] in swept(study):
            path = differing[0]
            return path, (sides[1][path], sides[0][path]) if len(sides) == 2 else None
    return None
