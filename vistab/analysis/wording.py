"""Numbers in words: rounded to what their interval supports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MINUS = "\N{MINUS SIGN}"

COUNTED = {
    "failed": "failed",
    "healthy": "were healthy",
    "mode_collapse": "ended in mode collapse",
    "posterior_collapse": "ended in posterior collapse",
    "singular_components": "ended with singular components",
    "dead_components": "ended with dead components",
    "stalled": "stalled",
    "oscillating": "oscillated to the end",
    "diverged": "diverged",
}
"""What runs did that had an outcome: `22 % of runs failed`."""


@dataclass(frozen=True)
class Scale:
    """How a number is said: times `factor`, to the nearest `step`."""

    factor: float
    step: float

    def say(self, value: float) -> str:
        """The rounded number, with thousands separated."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        rounded = self.rounded(value) * self.factor
        said = f"{rounded + 0.0:,.{decimals}f}"  # adding 0 turns -0 into 0
        return said.replace("-", MINUS)

    def rounded(self, value: float) -> float:
        """The value itself, to the nearest step."""
        return round(value * self.factor / self.step) * self.step / self.factor

    def say_size(self, value: float) -> str:
        """The same without its sign; what would be rounded to 0 is 'less than' a step."""
        size = abs(value) * self.factor
        return f"less than {self.step:g}" if 0 < size < self.step / 2 else self.say(abs(value))


def share_scale(width: float) -> Scale:
    """Shares in percent: whole ones, or finer if the interval is narrow."""
    return Scale(100.0, min(1.0, power_of_ten(100 * width / 10)))


def plain_scale(width: float) -> Scale:
    """Numbers as they are, in steps of a tenth of the interval's width or less."""
    return Scale(1.0, power_of_ten(width / 10))


def fact_scale(values: Iterable[float], factor: float) -> Scale:
    """Numbers that were counted or averaged: three digits of the largest, and all whole ones."""
    largest = max((abs(value) * factor for value in values), default=0.0)
    return Scale(factor, min(1.0, power_of_ten(largest) / 100))


def say_fact(scale: Scale, value: float) -> str:
    """A number on a scale of facts, without zeros at its end: 66.7, 0.3, 12."""
    return without_zeros(scale.say(value))


def without_zeros(said: str) -> str:
    """Without the zeros at the end of a decimal fraction."""
    return said.rstrip("0").rstrip(".") if "." in said else said


def say_units(size: str, unit: str) -> str:
    """'3 points', '1 point', 'less than 1 point'."""
    return f"{size} {unit.removesuffix('s') if size.split()[-1] == '1' else unit}"


TINY = 1e-300
"""What is smaller has no power of ten among the floats."""


def power_of_ten(value: float) -> float:
    """The largest power of ten that is not above `value`; 1 for 0 or next to it."""
    return float(10.0 ** math.floor(math.log10(value) + 1e-9)) if value > TINY else 1.0


def say_p(p: float, alpha: float | None = None) -> str:
    """Two digits that count: 0.2, 0.0039, 'below 0.0001'; more where two would cross `alpha`."""
    if p < 0.0001 and (alpha is None or alpha >= 0.0001):
        return "below 0.0001"
    rounded = [float(f"{p:.{digits}g}") for digits in range(2, 17)]
    true = (one for one in rounded if alpha is None or (one <= alpha) == (p <= alpha))
    return np.format_float_positional(next(true, p), trim="-")


def say_value(value: Any) -> str:
    """A YAML value: false, 0.25, quarter_step."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def say_selector(selector: Mapping[str, Any]) -> str:
    """A partial assignment: 'family.regularizer.weight 5 and optimizer.kind sgd'."""
    return " and ".join(f"{path} {say_value(value)}" for path, value in selector.items())


def say_values(values: Sequence[Any]) -> str:
    """An axis's values: '1, 2, 5'."""
    return ", ".join(say_value(value) for value in values)


def say_about(number: int) -> str:
    """A whole number, past 100 to two digits that count."""
    step = 10 ** max(0, len(str(number)) - 2) if number > 100 else 1
    return f"{-(-number // step) * step:,}"


def count(number: int, thing: str) -> str:
    """'1 replicate', '10 replicates'."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
