"""The Frechet distance between Gaussians fitted to samples and to reference data.

M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
equilibrium", 2017 (arXiv 1706.08500); its closed form: D. C. Dowson and B. V. Landau, "The Frechet
distance between multivariate normal distributions", 1982.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A Gaussian of mean [f] and covariance factor.T @ factor, with a factor [r, f] of any r."""

    mean: Array
    factor: Array

    @classmethod
    def fitted(cls, points: Array) -> Gaussian:
        """To points [n, f], n >= 2: their mean, and their covariance as `numpy.cov` has it."""
        mean = points.mean(axis=0)
        return cls(mean, (points - mean) / np.sqrt(len(points) - 1))

    def compact(self) -> Gaussian:
        """The same, with a factor of f rows at most."""
        return Gaussian(self.mean, np.asarray(np.linalg.qr(self.factor, mode="r")))


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), which published numbers are: not its root.

    With C = F'F the trace of the root is the sum of the singular values of F1 F2': real and exact
    for singular covariances too, which those of fewer samples than features are.
    """
    shift = np.sum((one.mean - other.mean) ** 2)
    spread = np.sum(one.factor**2) + np.sum(other.factor**2)
    common = np.linalg.svd(one.factor @ other.factor.T, compute_uv=False).sum()
    return float(max(0.0, shift + spread - 2 * common))
