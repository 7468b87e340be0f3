"""Numbers as they leave: verdicts.json, reports and every `--json`, the same on every machine.

Processors differ in the last bits of a sum (in how many numbers they add at once, say), so a number
is written to fewer digits than it has. Whatever shows it in fewer still starts from these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

DIGITS: Final = 10
"""Significant digits: five more than any reader needs, five fewer than a float has."""
AS_ASKED: Final = frozenset({"assignment", "levels"})
"""Keys of values that a study asked for: they keep every digit, so that they can be looked up."""


def rounded(value: float) -> float:
    """A number to DIGITS significant digits, ties to the even one; no zero has a sign."""
    near = float(f"{value:.{DIGITS}g}") + 0.0
    return near if math.isfinite(near) else value  # the largest floats would be rounded up past all


def plain(value: Any, *, asked: bool = False) -> Any:
    """As JSON holds it: lists, dicts with text keys, text, booleans, whole and rounded numbers.

    What is not finite becomes None. Doing it twice changes nothing. asked: leave all digits, as
    what stands under AS_ASKED always does.
    """
    if isinstance(value, Mapping):
        return {
            str(key): plain(item, asked=asked or key in AS_ASKED) for key, item in value.items()
        }
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item, asked=asked) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item(), asked=asked)
    if isinstance(value, float):
        return as_number(value, asked)
    return value


def as_number(value: float, asked: bool) -> float | None:
    """A float as it is written; None if it is not finite."""
    if not math.isfinite(value):
        return None
    return value if asked else rounded(value)
