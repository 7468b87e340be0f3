"""What is measured of one snapshot when the target's modes are known.

Targets without known modes will have signals of their own, measured against reference data, in a
module beside this one; the rules in `detector` read stored signals only.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.targets.base import KnownModes

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Signals = dict[str, npt.NDArray[np.float32]]

SIGNALS: Final = ("coverage", "modes", "high_quality", "spread", "scale")
"""Scalar signals, one value a snapshot; "mode_shares" [m] comes with them."""

HELD_SHARE: Final = 0.25
"""A mode is held by at least this part of its fair share: "one sample" would be too lenient."""

_SAME: Final = 0.01  # duplicates: closer along a line than this part of std / n, rare by chance


def measure(samples: npt.NDArray[np.floating], modes: KnownModes) -> Signals:
    """Measure the snapshots of k runs at once: samples [k, n, d] -> each signal, float32 [k].

    A sample belongs to its nearest mode, and is of high quality within 3 std of it. A mode's share
    counts its high-quality samples over ALL samples, so that stray ones lower it; its fair share is
    what a perfect sampler has there. So a perfect sampler scores 1 everywhere, but for sampling
    error, which lowers coverage: to 0.95 on average for 512 samples of 8 modes.

    coverage      sum over modes of min(share, fair share), over the sum of fair shares
    modes         the number of modes with at least a quarter of their fair share
    high_quality  share of high-quality samples over a perfect sampler's; above 1 if too narrow
    spread        variety within modes over a perfect sampler's (`_spread`), times the share of
                  samples that are no duplicates; 0 while no mode has 3 samples
    scale         rms distance of samples from the target's mean over the target's own
    mode_shares   [k, m], of all samples

    A snapshot with any sample that is not finite gives NaN signals.
    """
    k, n = samples.shape[:2]
    finite = np.isfinite(samples).all(axis=(1, 2))
    clean = np.where(finite[:, None, None], samples, 0.0).astype(float)
    distance, mode = modes.nearest(clean)
    good = distance <= modes.radius
    cell = (np.arange(k)[:, None] * modes.count + mode)[good]
    shares = np.bincount(cell, minlength=k * modes.count).reshape(k, -1) / n
    signals = {
        "coverage": np.minimum(shares, modes.fair_shares).sum(axis=1) / modes.ceiling,
        "modes": (shares >= HELD_SHARE * modes.fair_shares).sum(axis=1),
        "high_quality": shares.sum(axis=1) / modes.ceiling,
        "spread": _spread(clean[good] - modes.centres[mode[good]], cell, k, modes)
        * _distinct_share(clean, modes.std),
        "scale": _scale(clean, modes),
        "mode_shares": shares,
    }
    return {name: _unless(finite, values) for name, values in signals.items()}


def _spread(offsets: Array, cell: Index, k: int, modes: KnownModes) -> Array:
    """Spread [k] of high-quality samples within their modes, relative to a perfect sampler's.

    For one mode, the fourth root of the mean product of two different principal variances (in 1-D
    the root of the variance): the geometric mean of the two principal deviations in 2-D. It drops
    to 0 when the samples of a mode become a point or a line. Then the mean over samples.

    offsets [s, d] from the centres of the modes `cell` [s] (run x m + mode).
    """
    counts = np.bincount(cell, minlength=k * modes.count)
    freedom = counts - 1
    used = freedom >= 2
    covariance = _covariances(offsets / modes.std, cell, counts)[used]
    area = np.sqrt(_mean_pair_product(covariance, freedom[used]))
    expected = np.tile(modes.high_quality_stds / modes.std, k)[used]
    total = np.zeros((2, k * modes.count))
    total[:, used] = counts[used] * np.sqrt(area) / expected, counts[used]
    weighted, weight = total.reshape(2, k, -1).sum(axis=2)
    result: Array = weighted / np.maximum(weight, 1)
    return result


def _covariances(offsets: Array, cell: Index, counts: Index) -> Array:
    """Sample covariances [c, d, d] about each cell's own mean (0 where a cell has no samples)."""
    cells, d = len(counts), offsets.shape[1]
    safe = np.maximum(counts, 1)
    centred = offsets - np.stack([np.bincount(cell, x, cells) / safe for x in offsets.T], 1)[cell]
    result = np.empty((cells, d, d))
    for i in range(d):
        for j in range(i + 1):
            product = np.bincount(cell, centred[:, i] * centred[:, j], cells)
            result[:, i, j] = result[:, j, i] = product / np.maximum(counts - 1, 1)
    return result


def _mean_pair_product(covariance: Array, freedom: Index) -> Array:
    """Unbiased mean product [c] of two different eigenvalues of the true covariance [c, d, d].

    From E[(tr S)^2 - tr S^2] = (1 - 1/freedom) ((tr C)^2 - tr C^2) for a Wishart S of mean C.
    In one dimension the square of the variance.
    """
    d = covariance.shape[1]
    trace = np.trace(covariance, axis1=1, axis2=2)
    if d == 1:
        return np.asarray(np.square(trace))
    pairs = trace**2 - np.sum(covariance**2, axis=(1, 2))
    return np.asarray(np.maximum(pairs, 0) * freedom / (freedom - 1) / (d * (d - 1)))


def _distinct_share(samples: Array, std: float) -> Array:
    """Share [k] of samples [k, n, d] that repeat no other one, seen along a fixed slanted line."""
    n = samples.shape[1]
    slant = np.sqrt(np.arange(2, samples.shape[2] + 2))  # rationally independent enough
    line = np.sort(samples @ (slant / np.linalg.norm(slant)), axis=1)
    repeats = np.diff(line, axis=1) < _SAME * std / n
    return np.asarray(1 - repeats.sum(axis=1) / n)


def _scale(samples: Array, modes: KnownModes) -> Array:
    """Rms distance [k] of samples [k, n, d] from the target's mean over the target's own."""
    with np.errstate(over="ignore"):
        square = np.mean(np.sum((samples - modes.mean) ** 2, axis=2), axis=1)
    return np.asarray(np.sqrt(square) / modes.rms)


def _unless(
    finite: npt.NDArray[np.bool_], values: npt.NDArray[np.generic]
) -> npt.NDArray[np.float32]:
    """The values as float32 (infinite if too large), NaN where a snapshot was not finite."""
    with np.errstate(over="ignore"):
        result = values.astype(np.float32)
    result[~finite] = np.nan
    return result
