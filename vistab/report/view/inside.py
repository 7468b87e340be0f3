"""Inside the model: a family's own metrics over rounds, and what typical runs have learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.collapse.thresholds import Thresholds
from vistab.report.view.happened import Floats
from vistab.report.view.layout import Layout
from vistab.report.view.metrics import MetricsView, metrics_view
from vistab.report.view.space import Space, modes_of
from vistab.report.view.typical import Group, Typical
from vistab.results import Results
from vistab.spec.study import Study


@dataclass(frozen=True)
class Parts:
    """A vector that a run keeps, one value a part of the model: rounds [T], values [T, m].

    Parts below `least` at the end are in trouble.
    """

    column: str
    rounds: Floats
    values: Floats
    least: float

    @property
    def low(self) -> npt.NDArray[np.bool_]:
        """Which parts [m] are below `least` at the end."""
        return np.asarray(self.values[-1] < self.least)


@dataclass(frozen=True)
class Codes:
    """Codes [n, 2] of data at a round, and the mode [n] that each is the code of, if known."""

    round: int
    places: Floats
    modes: npt.NDArray[np.integer] | None


@dataclass(frozen=True)
class Pairs:
    """Data and what the model makes of them at a round: both [n, d]."""

    round: int
    originals: Floats
    reconstructions: Floats


@dataclass(frozen=True)
class Learned:
    """What one typical run has learned; what its family does not have is empty or None."""

    run: Typical
    parts: tuple[Parts, ...]
    codes: Codes | None
    pairs: Pairs | None


@dataclass(frozen=True)
class InsideRow:
    """An arm group and what its two typical runs have learned."""

    group: Group
    failing: Learned | None
    healthy: Learned | None


@dataclass(frozen=True)
class InsideView:
    """The metrics of the family and the typical runs; `space` is that of the data."""

    metrics: MetricsView
    rows: tuple[InsideRow, ...]
    space: Space | None

    @property
    def runs(self) -> tuple[Learned, ...]:
        """All runs of which something is shown."""
        return tuple(run for row in self.rows for run in (row.failing, row.healthy) if run)

    @property
    def coloured(self) -> bool:
        """Whether codes bear the colours of the modes of their data."""
        return any(run.codes is not None and run.codes.modes is not None for run in self.runs)

    def shows(self, what: str) -> bool:
        """Whether any run shows its `parts`, `codes` or `pairs`."""
        return any(getattr(run, what) for run in self.runs)


THRESHOLDS = Thresholds()

PARTS: Mapping[str, Callable[[int], float]] = {
    "latent_kl": lambda count: THRESHOLDS.active_kl,
    "component_weights": lambda count: THRESHOLDS.dead_share / count,
    "component_thinness": lambda count: THRESHOLDS.singular,
}
"""List columns of the history, and below which value one of `count` parts is in trouble: those of
the detector."""


def inside_view(
    study: Study,
    results: Results,
    runs: pd.DataFrame,
    layout: Layout,
    groups: Sequence[Group],
    space: Space | None,
) -> InsideView | None:
    """What is known of the inside of the models; None where the family keeps nothing."""
    metrics = metrics_view(study.family.metrics, runs, results.history, layout)
    rows = tuple(
        InsideRow(
            group, _learned(results, study, group.failing), _learned(results, study, group.healthy)
        )
        for group in groups
    )
    rows = tuple(row for row in rows if row.failing or row.healthy)
    return InsideView(metrics, rows, space) if metrics.curves or rows else None


def _learned(results: Results, study: Study, run: Typical | None) -> Learned | None:
    if run is None:
        return None
    own = results.history[results.history["run_id"] == run.run_id].sort_values("round")
    parts = tuple(_parts(own, column) for column in PARTS if column in own and len(own))
    pictures, shot = results.pictures(run.run_id), results.samples(run.run_id)
    last = int(shot[0][-1]) if shot else 0
    learned = Learned(run, parts, _codes(study, pictures, last), _pairs(pictures, last))
    return learned if parts or learned.codes or learned.pairs else None


def _parts(history: pd.DataFrame, column: str) -> Parts:
    values = np.stack(list(history[column])).astype(float)
    least = PARTS[column](values.shape[1])
    return Parts(column, history["round"].to_numpy(dtype=float), values, least)


Pictures = Mapping[str, npt.NDArray[np.generic]]


def _codes(study: Study, pictures: Pictures, last: int) -> Codes | None:
    """The codes at the last round; None where there are none, or not two dimensions of them."""
    codes = pictures.get("codes")
    if codes is None or codes.shape[-1] != 2:
        return None
    originals = np.asarray(pictures["originals"], dtype=float)
    return Codes(last, np.asarray(codes[-1], dtype=float), modes_of(study.target, originals))


def _pairs(pictures: Pictures, last: int) -> Pairs | None:
    made = pictures.get("reconstructions")
    if made is None:
        return None
    originals = np.asarray(pictures["originals"], dtype=float)
    return Pairs(last, originals[: made.shape[1]], np.asarray(made[-1], dtype=float))
