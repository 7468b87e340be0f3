"""Where samples without known modes are compared: their features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FEW_FEATURES: Final = 32
"""Up to so many features are taken as they are; images have more and go through principal axes."""

MOST_AXES: Final = 50
"""Principal axes that are kept at most; what lies off them is one more feature, its length."""

KEPT_VARIANCE: Final = 0.95
"""Share of the reference's variance that the kept axes hold, if they are few enough."""

_TINY: Final = float(np.finfo(float).tiny)


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """A fixed map from samples [..., *shape] to features [..., f], learnt from reference data.

    mean [D] of the reference; scale [D] to divide by; axes [p, D], orthonormal, or None for
    features as they are (f = D). With axes f = p + 1: coordinates, then the distance from their
    span, so that noise off the data's own directions stays visible. No distance grows.
    """

    shape: tuple[int, ...]
    mean: Array
    scale: Array
    axes: Array | None

    @classmethod
    def of(cls, data: npt.NDArray[np.floating]) -> FeatureSpace:
        """Learn the map from finite data [m, ...]: few features by their own spread, else PCA.

        Images keep their pixels' units, which are all the same; few features are divided by their
        standard deviation, since theirs may differ.
        """
        rows = data.reshape(len(data), -1).astype(float)
        mean = rows.mean(axis=0)
        if rows.shape[1] <= FEW_FEATURES:
            deviation = rows.std(axis=0)
            return cls(data.shape[1:], mean, np.where(deviation > 0, deviation, 1.0), None)
        return cls(data.shape[1:], mean, np.ones(rows.shape[1]), _principal_axes(rows - mean))

    @property
    def dimension(self) -> int:
        """The number f of features."""
        return len(self.mean) if self.axes is None else len(self.axes) + 1

    def __call__(self, samples: npt.NDArray[np.floating]) -> Array:
        """The features [n, f] of samples [n, *shape]; not finite where a sample is not."""
        centred = (samples.reshape(len(samples), -1).astype(float) - self.mean) / self.scale
        if self.axes is None:
            return centred
        with np.errstate(over="ignore", invalid="ignore"):
            inside = centred @ self.axes.T
            beyond = np.sum(centred**2, axis=1) - np.sum(inside**2, axis=1)
            return np.column_stack([inside, np.sqrt(np.maximum(beyond, 0.0))])


def _principal_axes(centred: Array) -> Array:
    """The first principal axes [p, D] of rows [m, D], enough of them for KEPT_VARIANCE.

    Of large images, m < D, by way of the rows' products: ten times quicker, and as good for axes
    that hold much of the variance.
    """
    if len(centred) < centred.shape[1]:
        squares, left = np.linalg.eigh(centred @ centred.T)
        squares = np.maximum(squares[::-1], 0.0)
        axes = left.T[::-1][: _enough(squares)] @ centred
        return np.asarray(axes / np.maximum(np.linalg.norm(axes, axis=1), _TINY)[:, None])
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(axes[: _enough(singular**2)])


def _enough(squares: Array) -> int:
    """How many axes hold KEPT_VARIANCE, MOST_AXES at most; squares falling."""
    share = np.cumsum(squares) / max(np.sum(squares), _TINY)
    return min(MOST_AXES, int(np.searchsorted(share, KEPT_VARIANCE)) + 1)
