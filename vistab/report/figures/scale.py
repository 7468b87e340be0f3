"""From values to pixels, and where the ticks stand."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps [low, high] to [start, end] pixels; `log` needs low > 0; an empty range: the middle."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value; NaN stays NaN."""
        low, high, at = (
            (math.log(self.low), math.log(self.high), math.log(value) if value > 0 else math.nan)
            if self.log
            else (self.low, self.high, value)
        )
        share = (at - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, n: int = 5) -> list[float]:
        """About `n` round values inside the range; on a log scale powers of ten (or 1, 2, 5)."""
        return _decades(self.low, self.high) if self.log else round_ticks(self.low, self.high, n)


def round_ticks(low: float, high: float, n: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten in [low, high]."""
    if not high > low:
        return [low]
    raw = (high - low) / n
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 2:
        fine = (m * 10.0**k for k in range(first - 1, last + 1) for m in (1, 2, 5))
        inside = [value for value in fine if low <= value <= high]
        if len(inside) < 2:
            inside = [value for value in round_ticks(low, high) if low <= value <= high]
        return inside or [low, high]
    step = math.ceil((last - first + 1) / 4)
    return [10.0**k for k in range(first, last + 1, step)]
