"""How much of a run is read: more would cost memory and time, and show little more."""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.cli.samples.problems import Shape

MOST_SAMPLES: Final = 5_000
"""Of each snapshot at most so many samples are used, the first ones."""

MOST_REFERENCE: Final = 10_000
"""At most so many reference samples are used, drawn with a fixed seed: files are often sorted."""

_MOST_NUMBERS: Final = 2**27  # held at a time, half a gigabyte: fewer samples where each is large


def used_samples(n: int, shape: Shape) -> int:
    """How many of the n samples of a snapshot are used."""
    return _affordable(n, MOST_SAMPLES, shape)


def used_reference(m: int, shape: Shape) -> npt.NDArray[np.intp]:
    """Which of m reference samples are used, in order."""
    used = _affordable(m, MOST_REFERENCE, shape)
    return np.sort(np.random.default_rng(0).choice(m, used, replace=False))


def _affordable(n: int, most: int, shape: Shape) -> int:
    return min(n, most, max(1, _MOST_NUMBERS // max(1, prod(shape))))
