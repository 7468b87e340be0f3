"""What a perfect sampler scores at a sample size, and what may be asked of a run there.

The thresholds say what a healthy run has; few samples may not show it even where it is so. Each is
lowered to what a perfect sampler still reaches, so that it is called unhealthy in at most 1 % of
snapshots at any sample size. Reference is compared with reference for that: draws of the known
density, or one half of the data with the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import betaincinv, ndtri
from scipy.stats import binom

from vistab.collapse.severity import tolerant_coverage
from vistab.collapse.signals import HELD_SHARE, SIGNALS, Signals, measure
from vistab.collapse.thresholds import Thresholds
from vistab.collapse.trajectory import Shown
from vistab.targets.base import Array, Modes

FALSE_ALARMS: Final = 0.01
"""Share of a perfect sampler's snapshots that may be called unhealthy."""

_PARTS: Final = 4  # conditions of health, each with its equal part of the false alarms

_UNEVEN: Final = 2 / 3  # of its fair share has a mode that others have twice as much as

_UNEVEN_ALARMS: Final = 0.05  # share of such a sampler's snapshots that may be called unhealthy

_REHEARSED: Final = 200_000  # samples of a perfect sampler that are drawn and measured

_REHEARSALS: Final = 8  # ways to divide data in two: what is compared with what has a say

_DRAWS: Final = (5, 25)  # snapshots of each, at least and at most

_ROUNDING: Final = 1e-9  # what 0.85 of 20 modes is more than 17

_QUALITIES: Final = 101  # at which the number of modes that show is reckoned

_TALLIES: Final = 4000  # snapshots of which only the modes' counts are drawn


@dataclass(frozen=True)
class Band:
    """What a perfect sampler scores at one snapshot, and what is asked of a run.

    low, high: 99 % of its snapshots lie between them. least: a healthy snapshot has at least this;
    None for what health does not depend on.
    """

    low: float
    high: float
    least: float | None


@dataclass(frozen=True, eq=False)
class Levels:
    """The least that a healthy run has over a window of snapshots.

    median_parts, mean_parts [g]: share of each group of modes over a perfect sampler's high-quality
    share, in the window's median and mean; 0 where so few samples cannot show a loss. The medians
    of modes (their number), coverage and spread, as signals.

    visible [101]: where a snapshot cannot show all modes, the part of `modes` that so many samples
    of high quality can: at a quality of 0, 0.01 ... 1. None for all of it at any quality.
    """

    median_parts: Array
    mean_parts: Array
    modes: float
    coverage: float
    spread: float
    visible: Array | None = None

    def modes_at(self, quality: Array) -> Array | float:
        """The least number of modes at each quality [...]."""
        if self.visible is None:
            return self.modes
        grid = np.linspace(0, 1, len(self.visible))
        return self.modes * np.interp(quality, grid, self.visible)


@dataclass(frozen=True, eq=False)
class Calibration:
    """What holds at n_samples a snapshot.

    levels: by width of the window (odd). bands: of each signal at one snapshot. covered: what a
    perfect sampler covers on average, by `tolerant_coverage`. shown: what there is to see of it.
    """

    levels: Mapping[int, Levels]
    bands: Mapping[str, Band]
    covered: float
    shown: Shown
    n_samples: int


def uncalibrated(modes: Modes, t: Thresholds) -> Levels:
    """The thresholds as they are, for more samples than anybody has."""
    parts = t.held_share * modes.groups @ modes.fair_shares / modes.ceiling
    return Levels(parts, parts, t.held_modes * modes.count, t.coverage, t.spread)


@lru_cache(maxsize=8)
def calibrate(modes: Modes, n: int, t: Thresholds) -> Calibration:
    """Calibrate for snapshots of n samples. Always the same for the same modes and n."""
    rng = np.random.default_rng(0)
    signals = _rehearsed(modes, n, rng)
    tallies = _tallied(modes, n, rng)
    widths = range(1, 2 * t.lasting, 2)
    levels = {width: _levels(modes, n, width, signals, tallies, t) for width in widths}
    least = {"coverage": levels[1].coverage, "modes": levels[1].modes, "spread": levels[1].spread}
    bands = {name: Band(*_range(signals[name]), least.get(name)) for name in SIGNALS}
    bands["coverage"] = replace(bands["coverage"], high=min(1.0, bands["coverage"].high))
    bands["modes"] = _whole(bands["modes"], modes.count)
    covered = float(tallies["covered"].mean())
    return Calibration(levels, bands, covered, _shown(modes, tallies), n)


def _levels(
    modes: Modes,
    n: int,
    width: int,
    signals: Mapping[str, Array],
    tallies: Mapping[str, Array],
    t: Thresholds,
) -> Levels:
    asked, shown = uncalibrated(modes, t), _shown(modes, tallies)
    alarms = FALSE_ALARMS / _PARTS

    def lowest(values: Array) -> float:
        windows = values[: len(values) // width * width].reshape(-1, width)
        return float(np.quantile(np.median(windows, axis=1), alarms, method="lower"))

    least_median, least_mean = _fewest(modes, n, width) / (n * modes.ceiling)
    return Levels(
        np.minimum(asked.median_parts, least_median),
        np.minimum(asked.mean_parts, least_mean),
        min(t.held_modes * shown.modes, lowest(tallies["modes"])),
        min(t.coverage * shown.coverage, lowest(tallies["coverage"])),
        min(asked.spread, lowest(signals["spread"])),
        None if modes.places is None else _visible(modes, n),
    )


def _shown(modes: Modes, tallies: Mapping[str, Array]) -> Shown:
    """All modes; where a snapshot cannot show them, those that a perfect sampler's does."""
    if modes.places is None:
        return Shown(modes.count, 1.0)
    return Shown(float(tallies["modes"].mean()), float(tallies["coverage"].mean()))


def _visible(modes: Modes, n: int) -> Array:
    """Modes that samples show when a part (0, 0.01 ... 1) of them is of high quality, over all's.

    Strays hide modes that there are too few samples for, which is no loss of modes.
    """
    quality, fair = np.linspace(0, 1, _QUALITIES)[:, None], modes.fair_shares
    least = np.ceil(HELD_SHARE * fair * n - _ROUNDING)
    expected = np.asarray(binom.sf(least - 1, n, quality * fair)).sum(axis=1)
    return np.asarray(expected / expected[-1])


def _fewest(modes: Modes, n: int, width: int) -> Array:
    """High-quality samples of each group a snapshot, in a window's median and mean, [2, g].

    Two samplers have fewer of any in at most 5 % of windows of `width` (odd) snapshots, a perfect
    one in hardly any: one with an imbalance of 2:1, and one that fails at just under half of them.
    """
    each, standing = _UNEVEN_ALARMS / len(modes.groups) / 2, (width + 1) // 2
    # a median is low where over half of the counts are: a binomial tail of their own tail
    tail = float(betaincinv(standing, standing, each))
    uneven = modes.fewest(n, _UNEVEN, tail), modes.fewest(n * width, _UNEVEN, each)
    failing = modes.fewest(n, 1, each / standing), modes.fewest(n * standing, 1, each)
    by_median, by_mean = np.minimum(uneven, failing)
    return np.stack([by_median, by_mean / width])


def _rehearsed(modes: Modes, n: int, rng: np.random.Generator) -> dict[str, Array]:
    """Signals [r] of snapshots of a perfect sampler, by several rehearsals."""
    number = int(np.clip(_REHEARSED // (n * _REHEARSALS), *_DRAWS))
    drawn: list[Signals] = []
    for _ in range(_REHEARSALS):
        yardstick, draw = modes.rehearsal(rng)
        drawn += [measure(draw(n, rng)[None], yardstick) for _ in range(number)]
    return {name: np.array([one[name][0] for one in drawn], dtype=float) for name in SIGNALS}


def _tallied(modes: Modes, n: int, rng: np.random.Generator) -> dict[str, Array]:
    """Coverage and number of modes [r] from counts alone, as `measure` has them."""
    fair = modes.fair_shares
    stray = max(0.0, 1 - float(fair.sum()))
    shares = rng.multinomial(n, [*fair, stray], size=_TALLIES)[:, :-1] / n
    return {
        "covered": tolerant_coverage(shares / modes.ceiling, fair / modes.ceiling),
        "coverage": np.minimum(shares, fair).sum(axis=1) / modes.ceiling,
        "modes": np.asarray((shares >= HELD_SHARE * fair).sum(axis=1), dtype=float),
    }


def _range(values: Array) -> tuple[float, float]:
    """Where 99 % of such values lie, as if they were normal: they are few. None is negative."""
    reach = float(ndtri(1 - FALSE_ALARMS / 2) * values.std())
    return max(0.0, float(values.mean()) - reach), float(values.mean()) + reach


def _whole(band: Band, most: int) -> Band:
    """The same in whole modes, of which there are no more than `most`."""
    least = None if band.least is None else float(np.ceil(band.least - _ROUNDING))
    high = min(most, float(np.ceil(band.high - _ROUNDING)))
    return Band(float(np.floor(band.low + _ROUNDING)), high, least)
