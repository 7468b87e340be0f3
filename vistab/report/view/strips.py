"""Film strips: samples over rounds of each arm group's typical failing and typical healthy run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vistab.report.view.happened import Floats
from vistab.report.view.space import Space
from vistab.report.view.typical import Group, Typical
from vistab.results import Results


@dataclass(frozen=True)
class Strip:
    """One run's frames: rounds [T], samples [T, n, d]; the frame of its onset (None if none)."""

    run: Typical
    rounds: npt.NDArray[np.integer[Any]]
    samples: Floats

    @property
    def onset_frame(self) -> int | None:
        """The first frame at or after the onset."""
        return self.run.onset_frame(self.rounds)


@dataclass(frozen=True)
class StripRow:
    """An arm group and the strips of its two typical runs."""

    group: Group
    failing: Strip | None
    healthy: Strip | None


@dataclass(frozen=True)
class StripView:
    """All rows, in the space of the data."""

    rows: tuple[StripRow, ...]
    space: Space

    @property
    def strips(self) -> tuple[Strip, ...]:
        """All of them."""
        return tuple(one for row in self.rows for one in (row.failing, row.healthy) if one)


def strip_view(results: Results, groups: Sequence[Group], space: Space | None) -> StripView | None:
    """The strips of 2-D data or of images; None when there is nothing to show."""
    if space is None:
        return None
    rows = tuple(
        StripRow(group, _strip(results, group.failing), _strip(results, group.healthy))
        for group in groups
    )
    rows = tuple(row for row in rows if row.failing or row.healthy)
    return StripView(rows, space) if rows else None


def _strip(results: Results, run: Typical | None) -> Strip | None:
    """The run's kept samples; None without run or samples."""
    shot = results.samples(run.run_id) if run else None
    if run is None or shot is None:
        return None
    rounds, samples = shot
    return Strip(run, np.asarray(rounds), np.asarray(samples, dtype=float))
