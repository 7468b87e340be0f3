"""What is counted in simulated studies, and how often it may happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lab.studies import ALPHA, Check, Tally

NO_EFFECT = "Without an effect"
AT_MARGIN = "With the true effect exactly at the margin"
FAMILY = "Over all claims of a study"
INTERVALS = "Intervals and the true effect"
BEYOND = "Beyond what is promised"
POWER = "Power"

Happened = Callable[[Tally], np.ndarray]


def said(word: str, claims: Sequence[int] = (0,)) -> Happened:
    """The judge gave this verdict on any of the claims, by their place in the study."""
    return lambda tally: (tally.words[:, list(claims)] == word).any(axis=1)


def decided(claims: Sequence[int]) -> Happened:
    """Any of these claims was supported or refuted."""
    return lambda tally: said("supported", claims)(tally) | said("refuted", claims)(tally)


def held(effect: float, claim: int = 0) -> Happened:
    """The interval of a claim holds this effect; a claim without interval holds none."""
    return lambda tally: (tally.low[:, claim] <= effect) & (effect <= tally.high[:, claim])


def covers(effect: float) -> Check:
    """The interval of the only claim covers its true effect."""
    return Check(INTERVALS, "interval holds it", held(effect), 1 - ALPHA, "at least")


BY_CHANCE = (
    Check(NO_EFFECT, "supported", said("supported"), ALPHA / 2),
    Check(NO_EFFECT, "refuted", said("refuted"), ALPHA / 2),
)
"""p is two-sided, so each direction has half of alpha."""

FALSELY_SUPPORTED = Check(AT_MARGIN, "supported", said("supported"), ALPHA)
FALSELY_REFUTED = Check(AT_MARGIN, "refuted", said("refuted"), ALPHA)


def any_decided(claims: Sequence[int]) -> Check:
    """One or more of these claims, of which none is true, were supported or refuted."""
    return Check(FAMILY, "any of them supported or refuted", decided(claims), ALPHA)
