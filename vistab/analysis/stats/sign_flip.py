"""The sign-flip test: could the replicates' effects as well have had the other signs?

Under the sharp null of no effect, treatment and control of one replicate are exchangeable, so
each replicate's effect is as likely to be e as -e. The test needs no distribution and no equal
variances; it says nothing about a null other than 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST_EXACT = 20
"""Up to so many non-zero effects all 2^n flips are counted; past it they are sampled."""
N_SAMPLED = 100_000
TIE = 1e-9
"""Sums that differ by less than this share of sum(|effects|) are ties of floating point."""


@dataclass(frozen=True)
class SignFlip:
    """A two-sided p, and the standard error of its own that sampling leaves (0 if exact)."""

    p: float
    standard_error: float = 0.0


def sign_flip(effects: npt.ArrayLike, *, seed: int = 0) -> SignFlip:
    """Two-sided test that `effects` [n] are symmetric about 0, by the size of their sum.

    Effects of 0 change no sum, whichever their sign, and are left out of the flips.
    """
    values = np.asarray(effects, dtype=np.float64)
    moving = values[values != 0]
    reach = abs(moving.sum()) - TIE * np.abs(moving).sum()
    if len(moving) <= MOST_EXACT:
        return SignFlip(float(np.mean(np.abs(all_sums(moving)) >= reach)))
    hits = sampled_hits(moving, reach, np.random.default_rng(seed))
    p = (hits + 1) / (N_SAMPLED + 1)  # the observed signs are one of the flips: p is never 0
    return SignFlip(p, float(np.sqrt(p * (1 - p) / N_SAMPLED)))


def all_sums(values: Floats) -> Floats:
    """The sums of `values` [n] under all 2^n choices of signs."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def sampled_hits(values: Floats, reach: float, generator: np.random.Generator) -> int:
    """How many of N_SAMPLED random flips of `values` have a sum of size `reach` or more."""
    hits = 0
    for n_flips in np.diff(np.linspace(0, N_SAMPLED, 11).astype(int)):  # in parts, to spare memory
        signs = generator.integers(0, 2, size=(n_flips, len(values))) * 2 - 1
        hits += int(np.count_nonzero(np.abs(signs @ values) >= reach))
    return hits
