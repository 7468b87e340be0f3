"""Kaplan-Meier curves of the round at which something happens, and their restricted mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Survival:
    """Share of runs to which it has not happened yet: a step curve from round 0 to the last.

    `low` and `high` are pointwise 95 % bands that take runs as independent: a description.
    """

    rounds: Floats
    survival: Floats
    low: Floats
    high: Floats

    @property
    def restricted_mean(self) -> float:
        """Area under the curve: the mean of min(T, rounds), in rounds."""
        return float(np.sum(np.diff(self.rounds) * self.survival[:-1]))


def kaplan_meier(times: npt.ArrayLike, rounds: int) -> Survival:
    """The curve of event `times` [n]; times of `rounds` or more never happened (censored)."""
    from lifelines import KaplanMeierFitter  # here, since importing it takes a second or two

    durations = np.minimum(np.asarray(times, dtype=np.float64), rounds)
    timeline = np.unique(np.concatenate([[0.0], durations, [float(rounds)]]))
    fitter = KaplanMeierFitter().fit(durations, durations < rounds, timeline=timeline)
    survival = fitter.survival_function_.to_numpy()[:, 0]
    band = fitter.confidence_interval_.to_numpy()
    # where nothing or everything has happened, the band has no width and lifelines says NaN
    low, high = (np.where(np.isnan(edge), survival, edge) for edge in band.T)
    return Survival(timeline, survival, low, high)
