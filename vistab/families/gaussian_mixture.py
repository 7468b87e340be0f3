"""Mixtures of Gaussians: density, samples, and the fit to weighted samples.

float64, for one mixture: k components in d dimensions, x [n, d].
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vistab.families.joint_kl import LOG_TWO_PI

EMPTY = 10 * torch.finfo(torch.float64).eps
"""Samples added to every component, so that one without any keeps numbers (as in scikit-learn)."""


class Mixture(NamedTuple):
    """q(x|z) q(z): a Gaussian and a weight for each of k components.

    weights [k], means [k, d]; covariances: full [k, d, d], diagonal [k, d], spherical [k, 1].
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor

    def log_joint(self, x: Tensor) -> Tensor:
        """log q(x,z) in nats at x [n, d]: [n, k]. NaN where a covariance is not positive."""
        scale = self._scale()
        log_volume = _diagonal(scale).log().expand_as(self.means).sum(1)
        standard = _whiten(scale, x - self.means[:, None])
        log_density = -(standard.square() + LOG_TWO_PI).sum(2).mT / 2 - log_volume
        return log_density + self.weights.log()

    def sample(self, latents: Tensor, noise: Tensor) -> Tensor:
        """X [n, d] from standard normal latents [n, 1], which choose z, and noise [n, d]."""
        uniform = torch.special.ndtr(latents[:, 0])
        which = (uniform[:, None] > self.weights.cumsum(0)[:-1]).sum(1)
        each = self.means[:, None] + _colour(self._scale(), noise)
        return torch.take_along_dim(each, which[None, :, None], 0)[0]

    def smallest_variance(self) -> Tensor:
        """Of each component the variance along its thinnest direction: [k]."""
        if not _is_full(self.covariances):
            return self.covariances.amin(1)
        # eigvalsh raises where a number is not finite; such a run has diverged anyway
        ascending: Tensor = torch.linalg.eigvalsh(self.covariances.nan_to_num())
        return ascending[:, 0]

    def _scale(self) -> Tensor:
        """Square roots of the covariances: lower Cholesky factors where they are full."""
        if not _is_full(self.covariances):
            return self.covariances.sqrt()
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(self.covariances)
        return factor.where(failed[:, None, None] == 0, torch.nan)


def _is_full(matrices: Tensor) -> bool:
    return matrices.ndim == 3


def _diagonal(scale: Tensor) -> Tensor:
    return scale.diagonal(dim1=1, dim2=2) if _is_full(scale) else scale


def _whiten(scale: Tensor, offsets: Tensor) -> Tensor:
    """Offsets [k, n, d] from the means, in standard deviations."""
    if not _is_full(scale):
        return offsets / scale[:, None]
    whitened: Tensor = torch.linalg.solve_triangular(scale, offsets.mT, upper=False)
    return whitened.mT


def _colour(scale: Tensor, noise: Tensor) -> Tensor:
    """The offsets [k, n, d] that standard normal noise [n, d] stands for in each component."""
    return noise @ scale.mT if _is_full(scale) else noise * scale[:, None]


def fit(x: Tensor, p: Tensor, covariance: str, floor: Tensor | float) -> Mixture:
    """The mixture of highest E log q(x,z) - floor / 2 E tr(covariance of z)^-1.

    x [n, d]; p [n, k] holds p(z|x). The second term is what `floor`, added to every variance,
    stands for: E log q(x + noise | z), the noise Gaussian of that variance.
    """
    counts = p.sum(0) + EMPTY
    means = p.mT @ x / counts[:, None]
    offsets = x - means[:, None]
    weighted = p.mT[:, :, None] * offsets / counts[:, None, None]
    if covariance == "full":
        eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
        covariances = weighted.mT @ offsets + floor * eye
    else:
        covariances = (weighted * offsets).sum(1) + floor
    if covariance == "spherical":
        covariances = covariances.mean(1, keepdim=True)
    return Mixture(counts / counts.sum(), means, covariances)
