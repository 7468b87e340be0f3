"""What each replicate did, and where a verdict and its interval seem to disagree.

A verdict stems from a sign-flip test, corrected for all claims; an interval from bounds that hold
at any number of replicates, for its claim alone. They may seem to contradict each other, and a
reader who sees both is owed the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vistab.analysis.ruling import SIGNS, oriented
from vistab.analysis.verdict import Verdict
from vistab.report.controls import shown_control
from vistab.report.words import listed, p_value
from vistab.spec.claims import NON_INFERIORITY

DIRECTIONS: Mapping[str, tuple[str, str]] = {
    "onset": ("sooner", "later"),
    "stable_region": ("narrower", "wider"),
    "trend": ("falling", "rising"),
}
"""What a kind's effects below and above 0 are called; those of all others are lower and higher."""

UNSIGNED = ("identical",)
"""Kinds whose effects have no direction."""


def replicates_did(verdict: Verdict, alpha: float) -> str:
    """`lower in 10 of 10 replicates (p 0.02)`; nothing where replicates have no signed effect.

    p is corrected, as the verdict is.
    """
    row = shown_control(verdict)
    effects = [_effect(one) for one in row.get("by_replicate", ())]
    if verdict.kind in UNSIGNED or not effects:
        return ""
    p = row.get("p_holm", verdict.p_holm)
    return _counted(verdict.kind, effects) + (f" (p {p_value(p, alpha)})" if p is not None else "")


def _effect(row: Mapping[str, Any]) -> float:
    """A replicate's effect; what is but the rounding of its two sides is 0."""
    effect = float(row["effect"])
    sides = [abs(row[side]) for side in ("treatment", "control") if row.get(side) is not None]
    return 0.0 if math.isclose(effect, 0.0, abs_tol=1e-12 * max(sides, default=0.0)) else effect


def _counted(kind: str, effects: Sequence[float]) -> str:
    below, above = DIRECTIONS.get(kind, ("lower", "higher"))
    found = {
        below: sum(effect < 0 for effect in effects),
        above: sum(effect > 0 for effect in effects),
        "equal": sum(effect == 0 for effect in effects),
    }
    (first, most), *rest = sorted(found.items(), key=lambda item: -item[1])
    others = [f"{word} in {n}" for word, n in rest if n]
    return ", ".join([f"{first} in {most} of {len(effects)} replicates", *others])


def quarrels(verdict: Verdict, alpha: float) -> bool:
    """Does the interval seem to say another thing than the test that the verdict goes by?

    A claim of a difference is supported or refuted though its interval holds 0, or it is open
    though its interval does not. Identity, equivalence and non-inferiority go by other rules; so do
    claims that fall short of their margin, and strict ones whose interval does not all reach it.
    """
    if verdict.interval is None or _reach(verdict) is None:
        return False
    low, high = verdict.interval
    if verdict.verdict == "inconclusive":
        return not low <= 0 <= high and not _passed(verdict, alpha)
    tested = verdict.verdict == "supported" or not _falls_short(verdict)
    return verdict.verdict != "void" and tested and low <= 0 <= high


def _passed(verdict: Verdict, alpha: float) -> bool:
    """Does the corrected test reject that there is no effect?"""
    return verdict.p_holm is not None and verdict.p_holm <= alpha


def _falls_short(verdict: Verdict) -> bool:
    """Does the whole interval lie below the margin?"""
    reach = _reach(verdict)
    return verdict.margin > 0 and reach is not None and reach[1] < verdict.margin


def _reach(verdict: Verdict) -> tuple[float, float] | None:
    """The interval, as expected to the right; None for kinds that do not go by the test."""
    if verdict.expect not in SIGNS or verdict.expect in NON_INFERIORITY:
        return None
    return oriented(verdict.interval, verdict.expect)


def margin_shown(verdict: Verdict) -> str:
    """Whether a supported difference is shown to be as large as the margin, or only to be there."""
    reach = _reach(verdict)
    if verdict.verdict != "supported" or verdict.margin == 0 or reach is None:
        return ""
    return "shown" if reach[0] >= verdict.margin else "not shown"


def disagreement(verdict: Verdict, alpha: float) -> str:
    """Why the verdict of a card and its interval seem to disagree; nothing where they do not."""
    if not quarrels(verdict, alpha):
        return ""
    if verdict.verdict != "inconclusive":
        return (
            "The interval holds 0: it has to be right at any number of replicates, so it is wide "
            "with few. The verdict goes by the test, which asks how often chance alone would do "
            "this if no run had an effect."
        )
    if verdict.p is not None and verdict.p <= alpha:
        return (
            "The interval does not hold 0, but it is not corrected for the other claims. The test "
            "that the verdict goes by is."
        )
    return (
        "The interval does not hold 0, but the verdict goes by the test, which asks how often "
        "chance alone would do this if no run had an effect."
    )


def disagreements(verdicts: Sequence[Verdict], alpha: float) -> str:
    """The same for the forest plot, naming the claims; nothing where none disagrees."""
    names: dict[str, list[str]] = {}
    for verdict in verdicts:
        if quarrels(verdict, alpha):
            names.setdefault(verdict.verdict, []).append(verdict.id)
    if not names:
        return ""
    return (
        f"{'; '.join(_though(word, ids) for word, ids in names.items())}. Verdicts go by a test of "
        "how often chance alone would do this if no run had an effect, corrected for all claims; "
        "bars have to be right at any number of replicates, so they are wide with few, and are not "
        "corrected."
    )


def _though(word: str, ids: list[str]) -> str:
    """`C1 and C2 are supported though their bars hold 0`."""
    are, bar = ("is", "its bar") if len(ids) == 1 else ("are", "their bars")
    holds = ("does" if len(ids) == 1 else "do") + " not hold 0"
    if word != "inconclusive":
        holds = "holds 0" if len(ids) == 1 else "hold 0"
    return f"{listed(ids)} {are} {word} though {bar} {holds}"
