"""How many replicates would settle an inconclusive claim, and how.

The observed effects are taken for all that there is: each replicate is repeated as often as every
other one, and the rules are asked again. So it is the real test and the real interval that answer.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vistab.analysis.finding import Finding
from vistab.analysis.many_rulings import Rules
from vistab.analysis.ruling import combine
from vistab.analysis.verdict import VerdictWord

Floats = npt.NDArray[np.float64]

MOST_REPLICATES = 10_000
"""More than this is nobody's plan: it counts as no number at all."""


@dataclass(frozen=True)
class Settled:
    """The fewest replicates, more than there are, that would do; and what the verdict would be."""

    n_replicates: int
    word: VerdictWord


def settled(found: Finding) -> Settled | None:
    """What would settle the claim were all further replicates like these; None if no number would.

    The corrected p is taken to be the last that Holm rejects, as if the study's other claims had
    smaller ones. Replicates without an effect stay as frequent as they are.
    """
    if found.question.expect is None or not found.against:
        return None
    effects = effects_of(found)

    def word(n: int) -> VerdictWord:
        repeated = effects[np.arange(n) * len(effects) // n]
        return combine([rule(found, at, repeated[:, at]) for at in range(effects.shape[1])])

    n = next((n for n in growing(len(effects)) if word(n) != "inconclusive"), None)
    if n is None:
        return None
    between = range(len(effects) + 1, n + 1)
    fewest = between[bisect_left(between, True, key=lambda n: word(n) != "inconclusive")]
    return Settled(fewest, word(fewest))


def growing(n: int) -> list[int]:
    """Numbers of replicates to try: each half as large again, up to MOST_REPLICATES."""
    tried = [n + 1]
    while tried[-1] < MOST_REPLICATES:
        tried.append(min(MOST_REPLICATES, tried[-1] + tried[-1] // 2 + 1))
    return tried


def effects_of(found: Finding) -> Floats:
    """The effects of all planned replicates against each control, [n, controls]: NaN for none.

    In order of the effects, so that which replicate is which does not matter.
    """
    planned = sorted({cell.replicate for one in found.comparisons for cell in one.cells})
    effects = np.full((len(planned), len(found.against)), np.nan)
    for at, one in enumerate(found.against):
        effects[np.searchsorted(planned, one.evidence.replicates), at] = one.evidence.effects
    return effects[np.lexsort(effects.T)]


def rule(found: Finding, at: int, effects: Floats) -> VerdictWord:
    """The verdict on one control's `effects` [n]."""
    rules = Rules(found.question, found.against[at].evidence.bounds, found.question.level)
    if rules.refuted(effects[None])[0]:
        return "refuted"
    return "supported" if rules.supported(effects[None])[0] else "inconclusive"
