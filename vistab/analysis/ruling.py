"""The rules: from effect, p, interval and margin to a verdict. Pure; one control at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from vistab.analysis.claims.base import Evidence
from vistab.analysis.verdict import VerdictWord
from vistab.spec.claims import NON_INFERIORITY

EQUIVALENT = "equivalent"
"""What an equivalence claim expects: it has no direction."""

Interval = tuple[float, float]

SIGNS = {
    "lower": -1,
    "sooner": -1,
    "narrower": -1,
    "not_higher": -1,
    "higher": 1,
    "later": 1,
    "wider": 1,
    "not_lower": 1,
}


@dataclass(frozen=True)
class Ruling:
    """The verdict against one control, and the rule that led to it."""

    word: VerdictWord
    by: Literal[
        "same",
        "different",
        "shown",
        "contrary",
        "falls short",
        "within",
        "beyond",
        "open",
    ]


SAME = Ruling("supported", "same")
DIFFERENT = Ruling("refuted", "different")
SHOWN = Ruling("supported", "shown")
CONTRARY = Ruling("refuted", "contrary")
FALLS_SHORT = Ruling("refuted", "falls short")
WITHIN = Ruling("supported", "within")
BEYOND = Ruling("refuted", "beyond")
OPEN = Ruling("inconclusive", "open")


@dataclass(frozen=True)
class Question:
    """What is asked of every control alike.

    n_claims: those of the study that have a p. strict: the margin itself must be shown.
    """

    expect: str | None
    margin: float
    alpha: float
    n_controls: int
    n_claims: int
    strict: bool = False

    @property
    def level(self) -> float:
        """What p must not exceed were the claim the last that Holm rejects: the worst case.

        For claims that go by the interval, alpha itself: intervals are not adjusted.
        """
        return self.alpha / self.n_claims if self.has_p else self.alpha

    @property
    def has_p(self) -> bool:
        """Identity is exact; non-inferiority and equivalence go by the interval: none has a p."""
        return self.expect not in (None, *NON_INFERIORITY, EQUIVALENT)


@dataclass(frozen=True, eq=False)
class Against:
    """The finding against one control.

    interval: at level 1 - alpha. strict: at 1 - alpha / number of controls, for refuting, since
    the claim is refuted if any of them refutes it. p: two-sided, of this control alone.
    """

    label: str
    evidence: Evidence
    interval: Interval | None
    strict: Interval | None
    p: float | None = None
    p_standard_error: float = 0.0

    def gain(self, expect: str) -> float:
        """The effect in the expected direction."""
        return SIGNS[expect] * self.evidence.effect

    def reach(self, expect: str) -> Interval | None:
        """The interval of the gain."""
        return oriented(self.interval, expect)

    def strict_reach(self, expect: str) -> Interval | None:
        """The strict interval of the gain."""
        return oriented(self.strict, expect)


def oriented(interval: Interval | None, expect: str) -> Interval | None:
    """The interval, turned so that the expected direction is up."""
    if interval is None or SIGNS[expect] > 0:
        return interval
    return -interval[1], -interval[0]


def claim_p(found: Sequence[Against], question: Question) -> float | None:
    """One p for a claim against all of its controls.

    All effects as expected: the largest p, since the claim must hold against each. Otherwise the
    smallest p of an unexpected effect times the number of controls, since any may refute. Either
    happens by chance with at most alpha / 2.
    """
    expect = question.expect
    if expect is None or not question.has_p:
        return None
    contrary = [one.p for one in found if one.p is not None and one.gain(expect) <= 0]
    if contrary:
        return min(1.0, min(contrary) * len(found))
    return max(one.p for one in found if one.p is not None)


def control_p(one: Against, question: Question, correct: Callable[[float], float]) -> float:
    """The p of one control, made the claim's own and corrected as that is; 1 without a p."""
    if one.p is None or question.expect is None:
        return 1.0
    times = question.n_controls if one.gain(question.expect) <= 0 else 1
    return correct(min(1.0, one.p * times))


def rule(one: Against, question: Question, p: float) -> Ruling:
    """The verdict against one control, by its corrected `p`."""
    if question.expect is None:
        return SAME if one.evidence.effect == 0 else DIFFERENT
    if question.expect == EQUIVALENT:
        return rule_equivalence(one, question.margin)
    if question.expect in NON_INFERIORITY:
        return rule_non_inferiority(one, question.expect, question.margin)
    return rule_difference(one, question, p <= question.alpha)


def rule_difference(one: Against, question: Question, sure: bool) -> Ruling:
    """`sure`: the sharp null of no effect is rejected."""
    expect, margin = str(question.expect), question.margin
    reach, strict = one.reach(expect), one.strict_reach(expect)
    # a claim that is strict wants all of its interval at the margin, any other some of it
    nearest = None if reach is None else reach[0 if question.strict else 1]
    may_reach_margin = margin == 0 if nearest is None else nearest >= margin
    if sure and one.gain(expect) > 0 and (margin == 0 or may_reach_margin):
        return SHOWN
    if sure and one.gain(expect) < 0:
        return CONTRARY
    if margin > 0 and strict is not None and strict[1] < margin:
        return FALLS_SHORT
    return OPEN


def rule_non_inferiority(one: Against, expect: str, margin: float) -> Ruling:
    """Supported if the whole interval is better than -margin, refuted if all of it is worse."""
    reach, strict = one.reach(expect), one.strict_reach(expect)
    if reach is not None and reach[0] >= -margin:
        return WITHIN
    if strict is not None and strict[1] < -margin:
        return BEYOND
    return OPEN


def rule_equivalence(one: Against, margin: float) -> Ruling:
    """Supported if the whole interval is within the margin, refuted if all of it is beyond."""
    if one.interval is not None and -margin <= one.interval[0] and one.interval[1] <= margin:
        return WITHIN
    if one.strict is not None and (one.strict[1] < -margin or margin < one.strict[0]):
        return BEYOND
    return OPEN


def combine(words: Sequence[VerdictWord]) -> VerdictWord:
    """Against several controls: supported if against each, refuted if against any."""
    if "refuted" in words:
        return "refuted"
    return "supported" if all(word == "supported" for word in words) else "inconclusive"
