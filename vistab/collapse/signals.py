"""What is measured of the samples of one snapshot against the target's modes."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.targets.base import Modes
from vistab.targets.covariance import mean_pair_product

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Signals = dict[str, npt.NDArray[np.float32]]

SIGNALS: Final = ("coverage", "modes", "high_quality", "spread", "scale")
"""Scalar signals, one value a snapshot; "mode_shares" [m] and "main_mode" come with them."""

NOWHERE: Final = -1
"""The main mode of samples that no mode has most of."""

HELD_SHARE: Final = 0.25
"""A mode is held by at least this part of its fair share: "one sample" would be too lenient."""

_FEWEST: Final = 3  # samples of a mode that have a spread in more than one direction

_MOST: Final = 2 / 3  # of all samples, near one mode

_FAR: Final = 1.5  # times the target's own rms size: beyond, a nearest mode says nothing

_FEW_FEATURES: Final = 8  # up to here sums by pairs of features are quicker, by 10 in 2-D


def measure(samples: npt.NDArray[np.floating], modes: Modes) -> Signals:
    """Measure the snapshots of k runs at once: samples [k, n, d] -> each signal, float32 [k].

    A sample belongs to its nearest mode, and is of high quality within the mode's radius: 3 std, or
    what holds 99 % of a bin's data where bins stand in for modes; none is where too few of a
    snapshot lie among the data (`Modes.among`). A mode's share
    counts its high-quality samples over ALL samples, so that stray ones lower it; its fair share is
    what a perfect sampler has there. So a perfect sampler scores 1 everywhere, but for sampling
    error, which lowers coverage: to 0.95 on average for 512 samples of 8 modes.

    coverage      sum over modes of min(share, fair share), over the sum of fair shares
    modes         the number of modes with at least a quarter of their fair share
    high_quality  share of high-quality samples over a perfect sampler's; above 1 if too narrow
    spread        variety within modes over a perfect sampler's (`_spread`), times that of the
                  samples themselves (`Modes.variety`); 0 while no mode has 3 samples
    scale         rms distance of samples from the target's mean over the target's own
    mode_shares   [k, m], of all samples
    main_mode     index of the mode that two thirds of all samples are nearest to, high quality or
                  not, but no farther than one and a half times the target's rms size; else -1

    A snapshot with any sample that is not finite gives NaN signals.
    """
    k, n = samples.shape[:2]
    finite = np.isfinite(samples).all(axis=(1, 2))
    clean = np.where(finite[:, None, None], samples, 0.0).astype(float)
    distance, mode = modes.nearest(clean)
    good = (distance <= modes.radii[mode]) & modes.among(clean)[:, None]
    cell = (np.arange(k)[:, None] * modes.count + mode)[good]
    shares = np.bincount(cell, minlength=k * modes.count).reshape(k, -1) / n
    within = _spread(clean[good] - modes.centres[mode[good]], cell, k, modes)
    signals = {
        "coverage": np.minimum(shares, modes.fair_shares).sum(axis=1) / modes.ceiling,
        "modes": (shares >= HELD_SHARE * modes.fair_shares).sum(axis=1),
        "high_quality": shares.sum(axis=1) / modes.ceiling,
        "spread": within * modes.variety(clean, within),
        "scale": _scale(clean, modes),
        "mode_shares": shares,
        "main_mode": _main_mode(distance, mode, modes),
    }
    return {name: _unless(finite, values) for name, values in signals.items()}


def _main_mode(distance: Array, mode: Index, modes: Modes) -> Array:
    """The mode [k] that most samples, at these distances [k, n] from theirs, are near; or -1."""
    k, n = mode.shape
    near = distance <= _FAR * modes.rms
    cell = (np.arange(k)[:, None] * modes.count + mode)[near]
    counts = np.bincount(cell, minlength=k * modes.count).reshape(k, -1)
    return np.where(counts.max(axis=1) >= _MOST * n, counts.argmax(axis=1), NOWHERE)


def _spread(offsets: Array, cell: Index, k: int, modes: Modes) -> Array:
    """Spread [k] of high-quality samples within their modes, relative to a perfect sampler's.

    For one mode, the fourth root of the mean product of two different principal variances (in 1-D
    the root of the variance): the geometric mean of the two principal deviations in 2-D. It drops
    to 0 when the samples of a mode become a point or a line. Then the mean over samples.

    offsets [s, d] from the centres of the modes `cell` [s] (run x m + mode).
    """
    counts = np.bincount(cell, minlength=k * modes.count)
    expected = np.tile(modes.high_quality_stds / modes.std, k)
    used = (counts >= _FEWEST) & (expected > 0)  # copies of one datum have no spread to lose
    products = _mean_pair_products(offsets / modes.std, cell, counts)[used]
    total = np.zeros((2, k * modes.count))
    total[:, used] = counts[used] * products**0.25 / expected[used], counts[used]
    weighted, weight = total.reshape(2, k, -1).sum(axis=2)
    result: Array = weighted / np.maximum(weight, 1)
    return result


def _mean_pair_products(offsets: Array, cell: Index, counts: Index) -> Array:
    """Unbiased mean product [c] of two different eigenvalues of each cell's true covariance C.

    From E[(tr S)^2 - tr S^2] = (1 - 1/freedom) ((tr C)^2 - tr C^2) for a Wishart S of mean C.
    In one dimension the square of the variance, which has no such factor. 0 where a cell has fewer
    than 3 samples.
    """
    d = offsets.shape[1]
    freedom = np.maximum(counts - 1, 2)
    sums = np.stack([np.bincount(cell, x, len(counts)) for x in offsets.T], axis=1)
    centred = offsets - (sums / np.maximum(counts, 1)[:, None])[cell]
    trace = np.bincount(cell, np.sum(centred**2, axis=1), len(counts)) / freedom
    squares = _squares_by_pair if d <= _FEW_FEATURES else _squares_by_cell
    square = squares(centred, cell, counts) / freedom**2
    unbiased = freedom / (freedom - 1) if d > 1 else 1.0
    return np.where(counts >= _FEWEST, mean_pair_product(trace, square, d) * unbiased, 0.0)


def _squares_by_pair(centred: Array, cell: Index, counts: Index) -> Array:
    """tr M^2 [c] of each cell's M = sum of x x^T, one pair of features after the other."""
    result = np.zeros(len(counts))
    for i, x in enumerate(centred.T):
        result += np.bincount(cell, x * x, len(counts)) ** 2
        for y in centred.T[:i]:
            result += 2 * np.bincount(cell, x * y, len(counts)) ** 2
    return result


def _squares_by_cell(centred: Array, cell: Index, counts: Index) -> Array:
    """The same, one cell after the other, from whichever of X X^T and X^T X is the smaller.

    0 where a cell has fewer than 3 samples: of a thousand modes most may have none.
    """
    ordered, ends = centred[np.argsort(cell, kind="stable")], np.cumsum(counts)
    result = np.zeros(len(counts))
    for i in np.flatnonzero(counts >= _FEWEST):
        x = ordered[ends[i] - counts[i] : ends[i]]
        product = x @ x.T if len(x) < x.shape[1] else x.T @ x
        result[i] = np.vdot(product, product)
    return result


def _scale(samples: Array, modes: Modes) -> Array:
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
