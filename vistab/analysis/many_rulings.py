"""The rules of ruling.py for many studies at once: in which would the claim be supported?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vistab.analysis.ruling import EQUIVALENT, SIGNS, Question, oriented
from vistab.analysis.stats.many_studies import rejected, wholly_above, wholly_below
from vistab.spec.claims import NON_INFERIORITY

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What makes a claim supported.

    bounds: of the effects. level: what the claim's p must not exceed; claims without a p have
    intervals at this level instead.
    """

    question: Question
    bounds: tuple[float, float]
    level: float

    def share_supported(self, studies: Floats) -> float:
        """Of `studies`, effects [studies, replicates, controls]: supported against each control."""
        n_studies = len(studies)
        for at in range(studies.shape[2]):
            studies = studies[self.supported(studies[:, :, at])]
        return len(studies) / n_studies

    def supported(self, effects: Floats) -> Bools:
        """Against one control: [studies], from effects [studies, replicates]."""
        expect, margin = str(self.question.expect), self.question.margin
        if expect == EQUIVALENT:
            above = wholly_above(effects, -margin, self.bounds, self.level)
            return above & wholly_below(effects, margin, self.bounds, self.level)
        gains, bounds = SIGNS[expect] * effects, oriented(self.bounds, expect)
        assert bounds is not None
        if expect in NON_INFERIORITY:
            return wholly_above(gains, -margin, bounds, self.level)
        supported: Bools = np.nansum(gains, axis=1) > 0
        if margin > 0:
            alpha = self.question.alpha  # whatever Holm asks of p, intervals are unadjusted
            supported &= ~wholly_below(gains, margin, bounds, alpha)
        supported[supported] = rejected(gains[supported], self.level)
        return supported
