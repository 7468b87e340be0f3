"""What real data score against other real data: the best that a model can hope for."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.fidelity.measure import Fidelity

DRAWS: Final = 5
"""The scores of so many draws are averaged."""


def perfect_scores(features: npt.NDArray[np.floating], n: int) -> dict[str, float]:
    """Each of FIDELITY_METRICS for n of the data, features [m, f], held against the other m - n.

    The mean over fixed draws without replacement. Where n is more than half of m, half of them are
    drawn, and the scores are a little worse than those of n would be. Clearly smaller distances, or
    more recall and coverage, only a model can have that repeats the data themselves; precision and
    density are higher already where samples crowd into the middle of the data.
    """
    drawn = min(n, len(features) // 2)
    generator = np.random.default_rng(0)
    scores = [_held_out(generator.permutation(features), drawn) for _ in range(DRAWS)]
    return {name: float(np.mean([one[name] for one in scores])) for name in scores[0]}


def _held_out(features: npt.NDArray[np.floating], n: int) -> dict[str, float]:
    found = Fidelity.of(features[n:]).measure(features[None, :n])
    return {name: float(value[0]) for name, value in found.items()}
