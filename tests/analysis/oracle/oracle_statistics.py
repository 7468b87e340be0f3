"""The oracle's statistics, in fractions where that is possible."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import brentq


def mean(values: Iterable[Fraction]) -> Fraction:
    """The mean of one or more numbers."""
    known = list(values)
    return sum(known, Fraction(0)) / len(known)


def exactly(value: Any) -> Fraction:
    """A number as it is written in decimals: 0.1 is a tenth."""
    return Fraction(str(value))


def sign_flip(effects: Iterable[Fraction]) -> Fraction:
    """The share of all choices of signs whose sum is as far from 0 as the one seen."""
    known = list(effects)
    scale = math.lcm(*(effect.denominator for effect in known))
    whole = [int(effect * scale) for effect in known]
    sums = [sum(s * e for s, e in zip(signs, whole, strict=True)) for signs in choices(len(whole))]
    return Fraction(sum(abs(one) >= abs(sum(whole)) for one in sums), len(sums))


def choices(n: int) -> Iterable[tuple[int, ...]]:
    """All signs of n numbers."""
    return itertools.product((1, -1), repeat=n)


def holm(ps: Sequence[Fraction]) -> list[Fraction]:
    """Adjusted: p times the number of p that are no smaller; no less than those of smaller p."""
    adjusted = []
    for p in ps:
        steps = [q * sum(other >= q for other in ps) for q in ps if q <= p]
        adjusted.append(min(Fraction(1), max(steps)))
    return adjusted


STAKES = [1 - ((j + 0.5) / 20) ** 2 for j in range(20)]


def betting(values: Sequence[float], alpha: float, most: Fraction) -> tuple[float, float]:
    """The hedged interval for the mean of values in [-1, 1], times `most`.

    Capital: half bets on a higher mean than m, half on a lower one, each spread evenly over STAKES,
    shares of the largest bet that cannot lose more than all. The interval is where it stays below
    1 / alpha.
    """
    unit = (np.array(values) + 1) / 2

    def log_capital(m: float) -> float:
        gains = ((unit - m) / m, (m - unit) / (1 - m))
        with np.errstate(divide="ignore"):
            logs = [np.log1p(stake * gain).sum() for gain in gains for stake in STAKES]
        return float(np.logaddexp.reduce(logs) - math.log(2 * len(STAKES)))

    def end(m: float, middle: float) -> float:
        past = lambda at: log_capital(at) + math.log(alpha)  # noqa: E731
        return brentq(past, m, middle, xtol=1e-14) if past(m) > 0 > past(middle) else round(m)

    tiny, middle = 1e-9, min(max(float(unit.mean()), 2e-9), 1 - 2e-9)
    low, high = end(tiny, middle), end(1 - tiny, middle)
    return float(most) * (2 * low - 1), float(most) * (2 * high - 1)
