"""The sign-flip test and the betting interval, decided for many studies at once.

The same answers as sign_flip() and betting_interval() would give study by study; only the one
question is asked that a verdict needs: is p small enough, does the interval reach so far? Values
are [studies, replicates]; NaN where a replicate has no effect.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from vistab.analysis.stats.betting import capital
from vistab.analysis.stats.lattice import as_steps, chance_of_reaching
from vistab.analysis.stats.sign_flip import TIE

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MOST_EXACT = 12
"""Up to so many replicates all choices of signs are counted; past it some are drawn."""
FEWEST_FLIPS, MOST_FLIPS = 4_096, 65_536
HITS = 40
"""As many flips are drawn as give so many hits at the level asked, within these bounds."""
FLIPS_AT_ONCE = 4_096
MOST_COUNTED = 500
"""Past so many replicates the sum of flipped effects is taken for normal."""


def signs_of_sums(values: Floats) -> Floats:
    """Which way the effects of each study add up: 1, -1, or 0 where only rounding is left."""
    sums = np.nansum(values, axis=1)
    return np.where(np.abs(sums) <= TIE * np.nansum(np.abs(values), axis=1), 0.0, np.sign(sums))


def rejected(values: Floats, level: float) -> Bools:
    """Is the two-sided p of the sign-flip test at most `level` <= 0.2? [studies].

    Exact up to MOST_EXACT replicates, and at any number where effects are multiples of one step.
    Else p is the share of drawn flips, the same ones for all studies: an estimate without bias,
    good enough where many studies are averaged.
    """
    moving = np.nan_to_num(values)  # no effect changes no sum, as one of 0 does
    if values.shape[1] > MOST_COUNTED:
        return normal_p(moving) <= level
    if (sizes := as_steps(moving)) is not None:
        total = np.abs((sizes * np.sign(moving).astype(np.int64)).sum(axis=1))
        exact: Bools = chance_of_reaching(sizes, total) <= level + 1e-12
        return exact
    if values.shape[1] <= MOST_EXACT:
        return small_p(moving, level)
    # Hoeffding: p <= 2 exp(-(total / rms)^2 / 2); and p > 0.2 where the total is at most the rms
    reached, rms = np.abs(moving.sum(axis=1)), np.sqrt((moving**2).sum(axis=1))
    decided: Bools = reached > rms * np.sqrt(2 * np.log(2 / level))
    open_still = ~decided & (reached > rms)
    decided[open_still] = small_p(moving[open_still], level)
    return decided


def normal_p(values: Floats) -> Floats:
    """The p that the central limit theorem gives; 1 for a study without any effect."""
    rms = np.sqrt((values**2).sum(axis=1))
    reached = np.abs(values.sum(axis=1))
    p: Floats = 2 * ndtr(-np.divide(reached, rms, out=np.zeros_like(rms), where=rms > 0))
    return p


def small_p(values: Floats, level: float) -> Bools:
    """The same by counting flips whose sum is at least as large."""
    reach = np.abs(values.sum(axis=1)) - TIE * np.abs(values).sum(axis=1)
    n_flips, hits = 0, np.zeros(len(values))
    for signs in sign_choices(values.shape[1], level):
        n_flips += len(signs)
        hits += np.count_nonzero(np.abs(signs @ values.T) >= reach, axis=0)
    small: Bools = hits <= level * n_flips
    return small


def sign_choices(n: int, level: float) -> Iterator[Floats]:
    """Signs [flips, n] in parts: all whose first is +1, since p is two-sided; or drawn ones."""
    if n <= MOST_EXACT:
        yield np.array([(1.0, *rest) for rest in itertools.product((1.0, -1.0), repeat=n - 1)])
        return
    generator = np.random.default_rng(0)
    wanted = int(np.clip(HITS / level, FEWEST_FLIPS, MOST_FLIPS))
    for start in range(0, wanted, FLIPS_AT_ONCE):
        shape = min(FLIPS_AT_ONCE, wanted - start), n
        yield 2.0 * generator.integers(0, 2, size=shape, dtype=np.int8).astype(np.float64) - 1


def wholly_above(values: Floats, bar: float, bounds: tuple[float, float], alpha: float) -> Bools:
    """Is the whole betting interval of the mean at `bar` or above it? [studies].

    It is if `bar` is at most the mean, and bets against `bar` have reached capital 1 / alpha.
    """
    lower, upper = bounds
    unit, least = (values - lower) / (upper - lower), (bar - lower) / (upper - lower)
    if least <= 0:
        return np.full(len(values), True)
    least = min(least, 1 - 1e-12)
    bets = np.where(np.isnan(unit), least, unit)  # a gain of 0: no bet
    above: Bools = bets.mean(axis=1) >= least
    above[above] = capital(bets[above], least) * alpha >= 1
    return above


def wholly_below(values: Floats, bar: float, bounds: tuple[float, float], alpha: float) -> Bools:
    """Is the whole betting interval of the mean at `bar` or below it? [studies]."""
    return wholly_above(-values, -bar, (-bounds[1], -bounds[0]), alpha)
