"""One sentence that says what was found for a claim, then how sure it is. Made from numbers alone.

`Said` holds what every kind's phrase needs; PHRASES has one function a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vistab.analysis.claims.base import Evidence
from vistab.analysis.finding import Finding
from vistab.analysis.ruling import EQUIVALENT
from vistab.analysis.verdict import VerdictWord
from vistab.analysis.wording import (
    Scale,
    count,
    plain_scale,
    say_about,
    say_p,
    say_selector,
    say_value,
    say_values,
    share_scale,
)
from vistab.spec.claims import NON_INFERIORITY

COUNTED = {
    "failed": "failed",
    "healthy": "were healthy",
    "mode_collapse": "ended in mode collapse",
    "posterior_collapse": "ended in posterior collapse",
    "singular_components": "ended with singular components",
    "dead_components": "ended with dead components",
    "stalled": "stalled",
    "oscillating": "oscillated to the end",
    "diverged": "diverged",
}


@dataclass(frozen=True)
class Said:
    """One control's finding, ready to be put in words."""

    claim: Any
    evidence: Evidence
    interval: tuple[float, float] | None
    control: str
    alpha: float

    @property
    def is_share(self) -> bool:
        """Shares of runs are said in percent and points, all else as it is."""
        if self.claim.kind == "score":
            return bool(self.claim.given != "healthy")
        counts_outcomes = self.claim.kind in ("rate", "trend", "interaction", "equivalence")
        return counts_outcomes and getattr(self.claim, "metric", None) is None

    @property
    def scale(self) -> Scale:
        """The rounding that the interval supports."""
        low, high = self.interval or (0.0, abs(self.evidence.effect))
        return (share_scale if self.is_share else plain_scale)(high - low)

    @property
    def treatment(self) -> str:
        """The treatment in words."""
        return say_selector(self.claim.treatment)

    def level(self, value: float) -> str:
        """A share or mean of one side."""
        return f"{self.scale.say(value)} %" if self.is_share else self.scale.say(value)

    @property
    def measured(self) -> str:
        """What is counted or measured, as a noun."""
        if not self.is_share:
            return str(self.claim.metric)
        return f"the share of runs that {COUNTED[self.claim.outcome or 'failed']}"

    def difference(self, more: str, less: str, unit: str = "", per: str = "") -> str:
        """The effect and its interval: '89 points fewer, 95 % interval 80 to 96'."""
        effect = self.evidence.effect
        word = more if effect > 0 else less
        size = " ".join(filter(None, [self.scale.say_size(effect), unit, word, per]))
        return f"{'no difference' if effect == 0 else size}{self.range(more, less)}"

    def range(self, more: str, less: str) -> str:
        """The interval in the effect's direction, naming both directions if it holds both."""
        if self.interval is None:
            return ""
        low, high = self.interval
        percent = f", {100 * (1 - self.alpha):g} % interval "
        say = self.scale.say
        if low < 0 < high:
            return f"{percent}{say(-low)} {less} to {say(high)} {more}"
        near, far = sorted((abs(low), abs(high)))
        return f"{percent}{say(near)} to {say(far)}"


def rate(said: Said) -> str:
    """Shares of both sides, and their difference in points."""
    treatment, control = means(said.evidence)
    counted = COUNTED[said.claim.outcome]
    return (
        f"With {said.treatment}, {said.level(treatment)} of runs {counted} against "
        f"{said.level(control)} with {said.control}: {said.difference('more', 'fewer', 'points')}"
    )


def equivalence(said: Said) -> str:
    """Means of both sides, and their difference."""
    treatment, control = means(said.evidence)
    difference = said.difference("more", "less", "points" if said.is_share else "")
    return (
        f"With {said.treatment}, {said.measured} was {said.level(treatment)} against "
        f"{said.level(control)} with {said.control}: {difference}"
    )


def score(said: Said) -> str:
    """Pairs won and lost; or, among healthy pairs, both means, and beside them who failed."""
    higher, lower = means(said.evidence)
    if said.claim.given != "healthy":
        net = said.difference("more often higher", "more often lower", "points")
        return (
            f"With {said.treatment}, {said.claim.metric} was higher than with {said.control} in "
            f"{said.level(higher)} of pairs of runs and lower in {said.level(lower)} (failed runs "
            f"count as the worst and tie with each other): {net}"
        )
    details = said.evidence.details
    failed = {side: f"{100 * share:.0f} %" for side, share in details["failed"].items()}
    return (
        f"With {said.treatment}, {failed['treatment']} of runs failed against {failed['control']} "
        f"with {said.control}; in the {details['n_healthy_cells']:,} of {details['n_cells']:,} "
        f"cells with healthy runs on both sides, {said.claim.metric} was {said.level(higher)} "
        f"against {said.level(lower)}: {said.difference('more', 'less')}"
    )


def onset(said: Said) -> str:
    """Mean rounds of both sides, and their difference."""
    treatment, control = means(said.evidence)
    rounds = f"{said.evidence.bounds[1]:,.0f}" if said.evidence.bounds else "the budget"
    return (
        f"With {said.treatment}, {said.claim.event} came at round {said.level(treatment)} on "
        f"average (never counts as {rounds}) against {said.level(control)} with {said.control}: "
        f"{said.difference('later', 'sooner', 'rounds')}"
    )


def trend(said: Said) -> str:
    """The first and the last mean, and the slope between."""
    means_ = said.evidence.details["level_means"]
    unit = "points" if said.is_share else ""
    return (
        f"Along {said.claim.along} ({say_values(said.evidence.details['levels'])}), "
        f"{said.measured} went from {said.level(means_[0])} to {said.level(means_[-1])}: "
        f"{said.difference('up', 'down', unit, 'per step')}"
    )


def interaction(said: Said) -> str:
    """Both effects, or both slopes, and their difference."""
    unit = " points" if said.is_share else ""
    difference = said.difference("higher", "lower", unit.strip())
    if said.claim.along is not None:
        with_it, without = (said.scale.say(value) for value in means(said.evidence))
        return (
            f"Per step of {said.claim.along}, {said.measured} changed by {with_it}{unit} with "
            f"{said.treatment} and by {without}{unit} with {said.control}: {difference}"
        )
    ((axis, (a, b)),) = said.claim.across.items()
    at_a, at_b = (said.scale.say(value) for value in said.evidence.details["effects"])
    return (
        f"With {said.treatment} instead of {said.control}, {said.measured} changed by {at_a}{unit} "
        f"at {axis} {say_value(a)} and by {at_b}{unit} at {say_value(b)}: {difference}"
    )


def stable_region(said: Said) -> str:
    """Mean lengths of both sides, in values of the axis."""
    treatment, control = means(said.evidence)
    n_levels = len(said.evidence.details["levels"])
    return (
        f"With {said.treatment}, {said.level(treatment)} of {n_levels} values of "
        f"{said.claim.along} in a row were healthy on average against {said.level(control)} with "
        f"{said.control}: {said.difference('more', 'fewer', 'values')}"
    )


def identical(said: Said) -> str:
    """Equal, or how far from it."""
    details, axis = said.evidence.details, said.claim.vary
    n_pairs = count(details["n_pairs"], "pair")
    if said.evidence.effect == 0:
        n_columns = count(len(details["columns_compared"]), "column")
        return (
            f"In {n_pairs} of runs that differ in {axis} alone, every stored number of the "
            f"histories is the same: largest difference 0 in {n_columns}"
        )
    largest = details["largest_difference"]
    extent = "lengths or missing numbers differ" if largest is None else f"by up to {largest:.3g}"
    return f"Runs that differ in {axis} alone have different histories, {extent}, in {n_pairs}"


PHRASES: dict[str, Callable[[Said], str]] = {
    "rate": rate,
    "onset": onset,
    "score": score,
    "trend": trend,
    "interaction": interaction,
    "stable_region": stable_region,
    "equivalence": equivalence,
    "identical": identical,
}


def sentence(found: Finding, word: VerdictWord, p_holm: float | None, needed: int | None) -> str:
    """The finding, its size, and how sure it is."""
    if found.closest is None:
        return f"Could not be judged: {found.void}."
    said = Said(
        found.claim,
        found.closest.evidence,
        found.closest.interval,
        closest_control(found),
        found.question.alpha,
    )
    parts = [PHRASES[found.claim.kind](said), sample(found)]
    if p_holm is not None:
        parts.append(f"adjusted p {say_p(p_holm)}")
    return f"{lead(found)}{', '.join(parts)}{ending(found, said, word, needed)}."


def means(evidence: Evidence) -> tuple[float, float]:
    """Mean of the treatment and of the control."""
    if evidence.treatment is None or evidence.control is None:
        raise ValueError("this kind has no sides")
    return float(evidence.treatment.mean()), float(evidence.control.mean())


def closest_control(found: Finding) -> str:
    """The least favourable control in words."""
    control = getattr(found.claim, "control", {})
    if not isinstance(control, Mapping):
        control = control[found.against.index(found.closest)] if found.closest else {}
    return say_selector(control)


def lead(found: Finding) -> str:
    """Which of several controls the numbers are about."""
    n = len(found.against)
    return "" if n == 1 else f"Least favourable of {n} controls: "


def sample(found: Finding) -> str:
    """Replicates and cells that were judged: of healthy runs alone, those that have some."""
    if found.closest is None:
        return "0 replicates, 0 cells"
    one, evidence = found.comparisons[found.against.index(found.closest)], found.closest.evidence
    n_cells = evidence.details.get("n_healthy_cells", len(one.cells))
    thing = "paired cell" if "control" in one.sides else "cell"
    return f"{count(len(evidence.replicates), 'replicate')}, {count(n_cells, thing)}"


def ending(found: Finding, said: Said, word: VerdictWord, needed: int | None) -> str:
    """What the numbers mean for the claim, where they do not say it themselves."""
    expect = found.question.expect
    if word == "inconclusive":
        return f"; inconclusive, {settling(needed)}"
    if expect is None or found.closest is None:
        return ""
    margin = f"the margin of {found.claim.margin * said.scale.factor:g}"
    margin += " points" if said.is_share else ""
    if expect == EQUIVALENT:
        within = word == "supported"
        return f"; {f'within {margin} either way' if within else f'beyond {margin}'}"
    if expect in NON_INFERIORITY:
        return f"; {'within' if word == 'supported' else 'beyond'} {margin}"
    if word == "refuted":
        contrary = found.closest.gain(expect) < 0
        return "; the opposite of the claim" if contrary else f"; it falls short of {margin}"
    return ""


def settling(needed: int | None) -> str:
    """How many replicates would settle it."""
    if needed is None:
        return "and no number of replicates would settle it while the effect stays as it is"
    return (
        f"about {say_about(needed)} replicates would settle it if effect and spread stay the same"
    )
