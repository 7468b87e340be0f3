"""The rules: from effect, p, interval and margin to a verdict. Pure; one control at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vistab.analysis.claims.base import Evidence
from vistab.analysis.replicates import replicates_for_interval, replicates_for_p
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
class Question:
    """What is asked of every control alike. `n_claims`: those of the study that have a p."""

    expect: str | None
    margin: float
    alpha: float
    n_controls: int
    n_claims: int

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


def control_p(one: Against, question: Question, p: float | None, p_holm: float | None) -> float:
    """The p of one control, corrected as its claim's p was; 1 for claims without a p."""
    if one.p is None or p is None or p_holm is None or question.expect is None:
        return 1.0
    times = question.n_controls if one.gain(question.expect) <= 0 else 1
    return min(1.0, one.p * times * p_holm / p)


def rule(one: Against, question: Question, p: float) -> VerdictWord:
    """The verdict against one control, by its corrected `p`."""
    if question.expect is None:
        return "supported" if one.evidence.effect == 0 else "refuted"
    if question.expect == EQUIVALENT:
        return rule_equivalence(one, question.margin)
    if question.expect in NON_INFERIORITY:
        return rule_non_inferiority(one, question.expect, question.margin)
    return rule_difference(one, question.expect, question.margin, p <= question.alpha)


def rule_difference(one: Against, expect: str, margin: float, sure: bool) -> VerdictWord:
    """`sure`: the sharp null of no effect is rejected."""
    reach, strict = one.reach(expect), one.strict_reach(expect)
    may_reach_margin = margin == 0 if reach is None else reach[1] >= margin
    if sure and one.gain(expect) > 0 and may_reach_margin:
        return "supported"
    falls_short = margin > 0 and strict is not None and strict[1] < margin
    if falls_short or (sure and one.gain(expect) < 0):
        return "refuted"
    return "inconclusive"


def rule_non_inferiority(one: Against, expect: str, margin: float) -> VerdictWord:
    """Supported if the whole interval is better than -margin, refuted if all of it is worse."""
    reach, strict = one.reach(expect), one.strict_reach(expect)
    if reach is not None and reach[0] >= -margin:
        return "supported"
    if strict is not None and strict[1] < -margin:
        return "refuted"
    return "inconclusive"


def rule_equivalence(one: Against, margin: float) -> VerdictWord:
    """Supported if the whole interval is within the margin, refuted if all of it is beyond."""
    if one.interval is not None and -margin <= one.interval[0] and one.interval[1] <= margin:
        return "supported"
    if one.strict is not None and (one.strict[1] < -margin or margin < one.strict[0]):
        return "refuted"
    return "inconclusive"


def combine(words: Sequence[VerdictWord]) -> VerdictWord:
    """Against several controls: supported if against each, refuted if against any."""
    if "refuted" in words:
        return "refuted"
    return "supported" if all(word == "supported" for word in words) else "inconclusive"


def replicates_needed(found: Sequence[Against], question: Question) -> int | None:
    """The replicates that would settle an inconclusive claim if effect and spread stay the same.

    If every effect is as expected, all must be shown; otherwise the first contrary one settles it.
    None if no number would.
    """
    if question.expect is None:
        return None
    needs = [needed_against(one, question) for one in found]
    contrary = [n for n, one in zip(needs, found, strict=True) if against_it(one, question)]
    known = [n for n in contrary or needs if n is not None]
    if not known or (not contrary and None in needs):
        return None
    return min(known) if contrary else max(known)


def against_it(one: Against, question: Question) -> bool:
    """Does the effect itself speak against the claim?"""
    if question.expect == EQUIVALENT:
        return abs(one.evidence.effect) > question.margin
    return one.gain(str(question.expect)) < 0


def needed_against(one: Against, question: Question) -> int | None:
    """The same for one control: the cheapest of the ways to settle it, more than there are now."""
    n = len(one.evidence.effects)
    if question.expect == EQUIVALENT:
        ways = [needed_for_equivalence(one, question.margin)]
    elif question.expect in NON_INFERIORITY:
        ways = [needed_past(one, question, -question.margin)]
    else:
        ways = [needed_for_p(one, question)]
        if question.margin > 0:
            ways.append(needed_below(one, question))
    known = [way for way in ways if way is not None]
    return max(n + 1, min(known)) if known else None


def needed_for_p(one: Against, question: Question) -> int | None:
    """Until the sign-flip test rejects, were this claim the last that Holm rejects."""
    level = question.alpha / question.n_claims
    if one.gain(str(question.expect)) < 0:
        level /= question.n_controls
    return replicates_for_p(one.evidence.effects.tolist(), level)


def needed_below(one: Against, question: Question) -> int | None:
    """Until the whole interval lies below the margin."""
    reach, gain = one.strict_reach(str(question.expect)), one.gain(str(question.expect))
    if reach is None:
        return None
    n = len(one.evidence.effects)
    return replicates_for_interval(n, reach[1] - gain, question.margin - gain)


def needed_past(one: Against, question: Question, bar: float) -> int | None:
    """Until the whole interval lies on the same side of `bar` as the gain."""
    reach, gain = one.reach(str(question.expect)), one.gain(str(question.expect))
    if reach is None:
        return None
    half_width = gain - reach[0] if gain > bar else reach[1] - gain
    return replicates_for_interval(len(one.evidence.effects), half_width, abs(gain - bar))


def needed_for_equivalence(one: Against, margin: float) -> int | None:
    """Until the whole interval lies within the margin, or beyond it if the effect does."""
    if one.interval is None:
        return None
    size = abs(one.evidence.effect)
    low, high = (end - one.evidence.effect for end in one.interval)
    towards, away = (-low, high) if one.evidence.effect > 0 else (high, -low)
    half_width = towards if size > margin else max(towards, away)
    return replicates_for_interval(len(one.evidence.effects), half_width, abs(size - margin))
