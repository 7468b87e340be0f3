"""All measures of samples against one reference, whose own part of them is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.fidelity.frechet import Gaussian, frechet_distance
from vistab.fidelity.kernel import kernel_distance, mean_kernel
from vistab.fidelity.neighbours import neighbour_radii, neighbourhoods
from vistab.spec.metrics import FIDELITY_METRICS

Array = npt.NDArray[np.float64]

NEAR: Final = 3
"""The k of Kynkaanniemi et al., for precision and recall."""

WIDE: Final = 5
"""The k of Naeem et al., for density and coverage."""


@dataclass(frozen=True, eq=False)
class Fidelity:
    """What samples are compared with: features of reference data, and what follows from them.

    reference [m, f]; gaussian: fitted to them; kernel: their `mean_kernel`; radii: their
    `neighbour_radii` [m], by k.
    """

    reference: Array
    gaussian: Gaussian
    kernel: float
    radii: Mapping[int, Array]

    @classmethod
    def of(cls, features: npt.NDArray[np.floating]) -> Fidelity:
        """From the features [m, f] of reference data. ValueError unless finite, with m > 5."""
        reference = features.astype(float)
        if reference.ndim != 2 or not np.isfinite(reference).all():
            raise ValueError(f"features must be finite, [m, f], got shape {reference.shape}")
        radii = {k: neighbour_radii(reference, k) for k in (NEAR, WIDE)}
        gaussian = Gaussian.fitted(reference).compact()
        return cls(reference, gaussian, mean_kernel(reference), radii)

    def measure(self, features: npt.NDArray[np.floating]) -> dict[str, npt.NDArray[np.float32]]:
        """Measure k runs by features [k, n, f], n > 5: each of FIDELITY_METRICS, float32 [k].

        NaN where a run's features are not finite, or lie so far off that float32 cannot say it.
        """
        rows = [self._measured(one.astype(float)) for one in features]
        return {name: _single([row[name] for row in rows]) for name in FIDELITY_METRICS}

    def _measured(self, samples: Array) -> dict[str, float]:
        if np.isnan(_single(samples)).any():
            return dict.fromkeys(FIDELITY_METRICS, np.nan)
        near = neighbourhoods(samples, self.reference, self.radii[NEAR], NEAR)
        wide = neighbourhoods(samples, self.reference, self.radii[WIDE], WIDE)
        return {
            "frechet_distance": frechet_distance(Gaussian.fitted(samples), self.gaussian),
            "kernel_distance": kernel_distance(samples, self.reference, self.kernel),
            "precision": near.precision,
            "recall": near.recall,
            "density": wide.density,
            "neighbour_coverage": wide.coverage,
        }


def _single(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """In float32, NaN where that is not finite."""
    with np.errstate(over="ignore"):
        single = np.asarray(values, dtype=float).astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))
