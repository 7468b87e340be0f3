"""The rules of ruling.py for many studies at once: in which is the claim supported, or refuted?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vistab.analysis.ruling import EQUIVALENT, SIGNS, Interval, Question, oriented
from vistab.analysis.stats.many_studies import (
    rejected,
    signs_of_sums,
    wholly_above,
    wholly_below,
)
from vistab.spec.claims import NON_INFERIORITY

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What makes a claim supported, or refuted.

    bounds: of the effects; without them there is no interval. level: what the claim's p must not
    exceed; claims without a p have intervals at this level instead.
    """

    question: Question
    bounds: Interval | None
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
            return self._above(effects, -margin, self.level) & self._below(
                effects, margin, self.level
            )
        gains, turned = self._gains(effects)
        if expect in NON_INFERIORITY:
            return turned._above(gains, -margin, self.level)
        found: Bools = signs_of_sums(gains) > 0
        if margin > 0:
            alpha = self.question.alpha  # whatever Holm asks of p, intervals are unadjusted
            if self.question.strict or self.bounds is None:
                found &= turned._above(gains, margin, alpha)
            else:
                found &= ~turned._below(gains, margin, alpha)
        found[found] = rejected(gains[found], self.level)
        return found

    def refuted(self, effects: Floats) -> Bools:
        """By one control: [studies], from effects [studies, replicates].

        Any of several controls may refute, so each has its part of the level.
        """
        question, n = self.question, self.question.n_controls
        expect, margin, alpha = str(question.expect), question.margin, question.alpha / n
        if expect == EQUIVALENT:
            return self._below(effects, -margin, alpha) | self._above(effects, margin, alpha)
        gains, turned = self._gains(effects)
        if expect in NON_INFERIORITY:
            return turned._below(gains, -margin, alpha)
        found: Bools = signs_of_sums(gains) < 0
        found[found] = rejected(gains[found], self.level / n)
        return found | turned._below(gains, margin, alpha) if margin > 0 else found

    def _gains(self, effects: Floats) -> tuple[Floats, Rules]:
        """The effects in the direction expected, and rules with bounds turned alike."""
        expect = str(self.question.expect)
        bounds = oriented(self.bounds, expect)
        return SIGNS[expect] * effects, Rules(self.question, bounds, self.level)

    def _above(self, values: Floats, bar: float, alpha: float) -> Bools:
        if self.bounds is None:
            return np.full(len(values), False)
        return wholly_above(values, bar, self.bounds, alpha)

    def _below(self, values: Floats, bar: float, alpha: float) -> Bools:
        if self.bounds is None:
            return np.full(len(values), False)
        return wholly_below(values, bar, self.bounds, alpha)
