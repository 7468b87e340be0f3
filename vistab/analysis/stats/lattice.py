"""The exact sign-flip p of effects that are whole multiples of one step, for many studies at once.

Shares of a few runs are such effects. The sum of +-v over replicates has the characteristic
function prod cos(v t); on a lattice its distribution is a discrete Fourier transform of that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

MOST_STEPS = 24
"""Effects of more steps than this are no longer worth a lattice."""


def as_steps(values: Floats) -> Whole | None:
    """The sizes of `values` in steps, any shape; None if they have none, or too many.

    The step is the smallest distance between two sizes, 0 being one.
    """
    sizes = np.abs(values)
    distinct = np.unique(np.append(sizes.round(9), 0.0))
    if not 1 < len(distinct) <= MOST_STEPS + 1:
        return None
    steps = sizes / np.diff(distinct).min()
    whole = np.rint(steps)
    fits = whole.max() <= MOST_STEPS and np.abs(steps - whole).max() < 1e-6
    return whole.astype(np.int64) if fits else None


def chance_of_reaching(sizes: Whole, total: Whole) -> Floats:
    """P(|sum of +-sizes| >= total) over equally likely signs: sizes [studies, n], total [studies].

    Returns [studies].
    """
    most = int(sizes.sum(axis=1).max(initial=0))
    period = 2 * most + 2
    angles = 2 * np.pi * np.arange(period // 2 + 1) / period
    transform = np.ones((len(sizes), len(angles)))
    for size in range(1, int(sizes.max(initial=0)) + 1):
        counts, of_study = np.unique((sizes == size).sum(axis=1), return_inverse=True)
        transform *= (np.cos(size * angles) ** counts[:, None])[of_study]
    chances = np.fft.irfft(transform, n=period, axis=1)[:, : most + 1]  # of 0, 1, 2, ... steps
    chances[:, 1:] *= 2  # and of as many below 0
    below = np.hstack([np.zeros((len(sizes), 1)), chances.cumsum(axis=1)])
    return 1 - np.take_along_axis(below, total[:, None], axis=1)[:, 0]
