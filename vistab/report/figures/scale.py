"""From values to pixels, and where the ticks stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps [low, high] to [start, end] pixels; `log` needs low > 0. An empty range maps to its middle."""

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
        """About `n` round values inside the range; powers of ten on a log scale."""
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
    step = max(1, math.ceil((last - first + 1) / 4))
    return [10.0**k for k in range(first, last + 1, step)]


def is_geometric(values: Sequence[object]) -> bool:
    """Whether positive numbers span their range by factors, so that a log axis suits them."""
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) < 3 or len(numbers) < len(values) or min(numbers) <= 0:
        return False
    ordered = sorted(numbers)
    ratios = [b / a for a, b in zip(ordered, ordered[1:], strict=False)]
    gaps = [b - a for a, b in zip(ordered, ordered[1:], strict=False)]
    return max(ratios) / min(ratios) < max(gaps) / min(gaps)
