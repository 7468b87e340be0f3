"""What is measured of one snapshot of a family that encodes: codes, reconstructions, KL.

Letters: k runs, n samples, d features of x, l latent dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]
Measured = dict[str, npt.NDArray[np.float32]]

ACTIVE_KL: Final = 0.05
"""Nats from which on a latent dimension is active; see docs/detector.md for why."""

_DIRECTIONS: Final = 16  # random ones, beside the axes


def measure_latent(
    columns: Mapping[str, Floats],
    pictures: Mapping[str, Floats],
    originals: Floats,
    latents: Floats,
    rms: float,
) -> Measured:
    """Measure a snapshot of k runs at once, each as float32 [k], by what there is to measure.

    columns may hold `latent_kl` [k, l], nats; pictures may hold `codes` [k, n, l],
    `reconstructions` [k, n, d] of the originals [k, n, d], and `cycled` [k, n, l], the latents
    [k, n, l] generated and encoded again. rms: of the target's samples around their mean.

    prior_mismatch        codes against N(0, I), in [0, 1]: the Kolmogorov-Smirnov distance along
                          one direction, meaned over the axes and fixed random directions
    reconstruction_error  mean squared distance over the target's: 0 perfect, 1 as bad as its mean
    cycle_error           mean squared distance over l: 0 perfect, 1 as bad as 0, 2 as chance
    active_latents        number of dimensions with at least `ACTIVE_KL`

    What is not finite in a run gives NaN there.
    """
    n_latent = latents.shape[-1]
    measured: dict[str, Array] = {}
    if "codes" in pictures:
        measured["prior_mismatch"] = prior_mismatch(pictures["codes"])
    if "reconstructions" in pictures:
        distance = _mean_square_distance(pictures["reconstructions"], originals)
        measured["reconstruction_error"] = distance / rms**2
    if "cycled" in pictures:
        measured["cycle_error"] = _mean_square_distance(pictures["cycled"], latents) / n_latent
    if "latent_kl" in columns:
        measured["active_latents"] = active_latents(columns["latent_kl"])
    return {name: _float32(values) for name, values in measured.items()}


def prior_mismatch(codes: Floats) -> Array:
    """Mean Kolmogorov-Smirnov distance [k] of codes [k, n, l] from N(0, I), over directions.

    A perfect match is not at 0 but at about 0.87 / sqrt(n), from sampling error.
    """
    finite = np.asarray(np.isfinite(codes).all(axis=(1, 2)))
    clean = np.where(finite[:, None, None], codes, 0.0).astype(float)
    below = ndtr(np.sort(clean @ _directions(codes.shape[2]).T, axis=1))
    n = codes.shape[1]
    after = np.arange(1, n + 1)[:, None] / n
    distance = np.maximum(after - below, below - (after - 1 / n)).max(axis=1)
    return np.where(finite, distance.mean(axis=1), np.nan)


def active_latents(latent_kl: Floats) -> Array:
    """How many of the KL [..., l] are at least `ACTIVE_KL`, [...]; NaN where any is not finite."""
    finite = np.isfinite(latent_kl).all(axis=-1)
    return np.where(finite, np.sum(latent_kl >= ACTIVE_KL, axis=-1), np.nan)


def _directions(dimension: int) -> Array:
    """Unit vectors [p, l]: the axes, and random ones that are always the same."""
    axes = np.eye(dimension)
    if dimension == 1:
        return axes
    random = np.random.default_rng(0).standard_normal((_DIRECTIONS, dimension))
    return np.concatenate([axes, random / np.linalg.norm(random, axis=1, keepdims=True)])


def _mean_square_distance(found: Floats, wanted: Floats) -> Array:
    """Mean [k] over n of the squared distance between rows [k, n, d]; NaN where not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.square(found.astype(float) - wanted)
    mean = square.sum(axis=2).mean(axis=1)
    return np.where(np.isfinite(mean), mean, np.nan)


def _float32(values: Array) -> npt.NDArray[np.float32]:
    """As float32; what is too large for it becomes NaN."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    return np.where(np.isfinite(narrow), narrow, np.float32(np.nan))
