"""What generated samples are compared with: known modes, or data whose modes are not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vistab.collapse.scale import Scale, pixels_for_fractions
from vistab.collapse.signals import Signals, measure
from vistab.targets.base import KnownModes, Modes
from vistab.targets.bins import DataBins, bin_count
from vistab.targets.features import FeatureSpace

FEWEST_DATA: Final = 100
"""Reference data below this number say too little of what is to be covered."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What a run should cover. Made by `of_data` or `of_modes`.

    modes: where its samples lie, in features; shape: of one sample; space: the map to features,
    None where samples [n, d] are compared as they are. scale: of the data's numbers, None where the
    modes are known.
    """

    modes: Modes
    shape: tuple[int, ...]
    space: FeatureSpace | None
    scale: Scale | None = None

    @classmethod
    def of_modes(
        cls, centres: npt.ArrayLike, std: float, weights: npt.ArrayLike | None = None
    ) -> Reference:
        """Known modes: centres [m, d] of Gaussians of one std; weights [m], all equal if not given.

        Raises ValueError when they make no mixture (`KnownModes`).
        """
        where = np.asarray(centres, dtype=float)
        shares = np.ones(len(where)) if weights is None else np.asarray(weights, dtype=float)
        return cls(KnownModes(where, shares, std), where.shape[1:], None)

    @classmethod
    def of_data(cls, data: npt.ArrayLike) -> Reference:
        """Data [m, ...] alone: their clusters, or else bins of them, stand in for modes.

        Raises ValueError when there are fewer than 100 of them, when any is no finite number, or
        when they are copies of a few values.
        """
        rows = _numbers(data, "reference data")
        if rows.ndim < 2 or len(rows) < FEWEST_DATA:
            raise ValueError(
                f"reference data must be [m, ...], m at least {FEWEST_DATA}, got {rows.shape}"
            )
        if not np.isfinite(rows).all():
            raise ValueError("reference data must be finite numbers")
        space = FeatureSpace.of(rows)
        features = space(rows)
        bins = DataBins.of(features, bin_count(len(rows)))
        if bins.std <= 1e-9 * bins.rms:
            raise ValueError("reference data must be more than copies of a few values")
        return cls(bins, rows.shape[1:], space, Scale.of(rows))

    def measure(self, samples: npt.ArrayLike) -> Signals:
        """The signals of one snapshot [n, ...], as `measure` has them; each of shape () or [m].

        Raises ValueError when its samples are no numbers, not shaped like the reference, or pixels
        of 8 bits where the reference has fractions.
        """
        rows = _numbers(samples, "samples")
        if rows.shape[1:] != self.shape or not len(rows):
            wanted = ", ".join(["n", *map(str, self.shape)])
            raise ValueError(f"samples must be [{wanted}], got {rows.shape}")
        wrong = self.scale and pixels_for_fractions(Scale.of(rows), self.scale)
        if wrong:
            raise ValueError(wrong)
        features = rows.astype(float) if self.space is None else self.space(rows)
        return {name: one[0] for name, one in measure(features[None], self.modes).items()}


def _numbers(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    rows = np.asarray(values)
    if rows.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be real numbers, got an array of {rows.dtype}")
    return rows
