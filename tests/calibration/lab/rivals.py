"""Why not a narrower interval? Other methods on the same effects, with the true mean at the margin.

In a tenth of the replicates the treatment fails and the control does not; else they are alike.
So effects are 1 or 0, their mean is 0.1, and 0.1 is also the margin of equivalence.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import ttest_1samp

from lab.studies import ALPHA
from vistab.analysis.stats.betting import betting_interval
from vistab.analysis.stats.sign_flip import sign_flip

MEAN = MARGIN = 0.1
N_REPLICATES = 10

Excludes = Callable[[np.ndarray, float], bool]
"""Does the method's interval for the mean of these effects leave out this value?"""


def sign_flip_excludes(effects: np.ndarray, value: float) -> bool:
    """By inversion: the sign-flip test of effects less the value rejects."""
    return sign_flip(effects - value).p <= ALPHA


def student_excludes(effects: np.ndarray, value: float) -> bool:
    """Student's t; where all effects are equal, its interval is that one point."""
    if np.ptp(effects) == 0:
        return bool(effects[0] != value)
    return bool(ttest_1samp(effects, value).pvalue <= ALPHA)


def betting_excludes(effects: np.ndarray, value: float) -> bool:
    """vistab's own."""
    low, high = betting_interval(effects, (-1, 1), ALPHA)
    return not low <= value <= high


RIVALS: dict[str, Excludes] = {
    "betting interval (vistab)": betting_excludes,
    "sign-flip test, inverted": sign_flip_excludes,
    "Student's t": student_excludes,
}


def errors(n_studies: int) -> dict[str, tuple[int, int]]:
    """By method: how many intervals miss the mean, and how many pass for equivalence.

    An interval lies within the margin if it leaves out both ends of it and the effect is between.
    """
    drawn = np.random.default_rng(0).random((n_studies, N_REPLICATES)) < MEAN
    counted = {}
    for name, excludes in RIVALS.items():
        missed = [excludes(effects, MEAN) for effects in drawn.astype(float)]
        passed = [
            too_high and abs(effects.mean()) < MARGIN and excludes(effects, -MARGIN)
            for too_high, effects in zip(missed, drawn.astype(float), strict=True)
        ]
        counted[name] = int(sum(missed)), int(sum(passed))
    return counted
