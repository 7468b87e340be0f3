"""One sentence that says what was found for a claim, then how sure it is. Made from numbers alone.

`Said` holds what every kind's phrase needs; PHRASES has one function a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vistab.analysis.claims.base import Evidence
from vistab.analysis.room import no_room
from vistab.analysis.ruled import Ruled
from vistab.analysis.settling import MOST_REPLICATES, Settled
from vistab.analysis.wording import (
    COUNTED,
    count,
    fact_scale,
    plain_scale,
    say_about,
    say_fact,
    say_p,
    say_selector,
    say_units,
    say_value,
    say_values,
    share_scale,
    without_zeros,
)
from vistab.spec.claims import NON_INFERIORITY


@dataclass(frozen=True)
class Said:
    """One control's finding, ready to be put in words.

    Facts (means, shares, slopes) are said to three digits, an interval as its width allows, and
    the difference of two means is that of the means as they are said.
    """

    claim: Any
    evidence: Evidence
    interval: tuple[float, float] | None
    control: str
    alpha: float
    rounds: int

    @property
    def is_share(self) -> bool:
        """Shares of runs are said in percent and points, all else as it is."""
        if self.claim.kind == "score":
            return bool(self.claim.given == "ranked")
        counts_outcomes = self.claim.kind in ("rate", "trend", "interaction", "equivalence")
        return counts_outcomes and getattr(self.claim, "metric", None) is None

    @property
    def factor(self) -> float:
        """Shares are said in percent."""
        return 100.0 if self.is_share else 1.0

    @property
    def treatment(self) -> str:
        """The treatment in words."""
        return say_selector(self.claim.treatment)

    def facts(self, *values: float) -> list[str]:
        """Numbers that are read side by side."""
        scale = fact_scale(values, self.factor)
        return [say_fact(scale, value) for value in values]

    def levels(self, *values: float) -> list[str]:
        """Shares or means of several sides or levels."""
        return [f"{said} %" if self.is_share else said for said in self.facts(*values)]

    @property
    def measured(self) -> str:
        """What is counted or measured, as a noun."""
        if not self.is_share:
            return str(self.claim.metric)
        return f"the share of runs that {COUNTED[self.claim.outcome or 'failed']}"

    def difference(
        self,
        more: str,
        less: str,
        unit: str = "",
        per: str = "",
        of: tuple[float, float] | None = None,
    ) -> str:
        """The effect and its interval: '89 points fewer, 95 % interval 80 to 96'.

        of: the two numbers, as said before it, whose difference the effect is.
        """
        effect = self.evidence.effect
        if effect == 0:
            return f"no difference{self.range(more, less)}"
        word = more if effect > 0 else less
        scale = fact_scale([effect] if of is None else of, self.factor)
        size = scale.say_size(effect)
        if of is not None and not size.startswith("less"):
            size = scale.say(abs(scale.rounded(of[0]) - scale.rounded(of[1])))
        size = without_zeros(size)
        told = " ".join(filter(None, [say_units(size, unit) if unit else size, word, per]))
        return f"{told}{self.range(more, less)}"

    def range(self, more: str, less: str) -> str:
        """The interval in the effect's direction, naming both directions if it holds both."""
        if self.interval is None:
            return ""
        low, high = self.interval
        percent = f", {100 * (1 - self.alpha):g} % interval "
        say = (share_scale if self.is_share else plain_scale)(high - low).say
        if low < 0 < high:
            return f"{percent}{say(-low)} {less} to {say(high)} {more}"
        near, far = sorted((abs(low), abs(high)))
        return f"{percent}{say(near)} to {say(far)}"


def rate(said: Said) -> str:
    """Shares of both sides, and their difference in points."""
    sides = means(said.evidence)
    treatment, control = said.levels(*sides)
    counted = COUNTED[said.claim.outcome]
    return (
        f"With {said.treatment}, {treatment} of runs {counted} against {control} with "
        f"{said.control}: {said.difference('more', 'fewer', 'points', of=sides)}"
    )


def equivalence(said: Said) -> str:
    """Means of both sides, and their difference."""
    sides = means(said.evidence)
    treatment, control = said.levels(*sides)
    difference = said.difference("more", "less", "points" if said.is_share else "", of=sides)
    return (
        f"With {said.treatment}, {said.measured} was {treatment} against {control} with "
        f"{said.control}: {difference}"
    )


def score(said: Said) -> str:
    """Both means, over all runs or among healthy pairs; or pairs won and lost."""
    return {"all": mean_of_all, "healthy": mean_of_healthy, "ranked": pairs_won}[said.claim.given](
        said
    )


def mean_of_all(said: Said) -> str:
    """Both means, failed runs included."""
    sides = means(said.evidence)
    treatment, control = said.levels(*sides)
    return (
        f"With {said.treatment}, {said.claim.metric} was {treatment} on average over all runs "
        f"against {control} with {said.control}: {said.difference('more', 'less', of=sides)}"
    )


def mean_of_healthy(said: Said) -> str:
    """Both means among healthy pairs, and beside them who failed."""
    sides, details = means(said.evidence), said.evidence.details
    treatment, control = said.levels(*sides)
    failed = {side: f"{100 * share:.0f} %" for side, share in details["failed"].items()}
    return (
        f"With {said.treatment}, {failed['treatment']} of runs failed against {failed['control']} "
        f"with {said.control}; in the {details['n_healthy_cells']:,} of {details['n_cells']:,} "
        f"cells with healthy runs on both sides, {said.claim.metric} was {treatment} "
        f"against {control}: {said.difference('more', 'less', of=sides)}"
    )


def pairs_won(said: Said) -> str:
    """Pairs won, lost and tied, and what the values themselves are on average."""
    sides, details = means(said.evidence), said.evidence.details
    higher, lower = said.levels(*sides)
    net = said.difference("more often higher", "more often lower", "points", of=sides)
    return (
        f"With {said.treatment}, {said.claim.metric} was higher than with {said.control} in "
        f"{higher} of pairs of runs and lower in {lower} (a failed run counts as the worst; "
        f"{details['n_tied']:,} of {details['n_pairs']:,} pairs tied; "
        f"{known_means(details['means'])}): {net}"
    )


def known_means(found: Mapping[str, float | None]) -> str:
    """Means of runs that have a value: 'mean 0.83 against 0.25'."""
    known = [value for value in found.values() if value is not None]
    scale = fact_scale(known, 1.0)
    said = [
        "no value" if found[side] is None else say_fact(scale, found[side] or 0.0)
        for side in ("treatment", "control")
    ]
    return f"mean {said[0]} against {said[1]}"


def onset(said: Said) -> str:
    """Mean rounds of both sides, and their difference."""
    sides = means(said.evidence)
    treatment, control = (
        came(said, side, text) for side, text in zip(sides, said.facts(*sides), strict=True)
    )
    return (
        f"With {said.treatment}, {treatment}, and with {said.control}, {control} (never counts as "
        f"{said.rounds:,}): {said.difference('later', 'sooner', 'rounds', of=sides)}"
    )


def came(said: Said, mean: float, text: str) -> str:
    """When it came on one side, if it did in any run."""
    if mean < said.rounds:
        return f"{said.claim.event} came at round {text} on average"
    return f"no run {'failed' if said.claim.event == 'failure' else 'converged'}"


def trend(said: Said) -> str:
    """The mean at every level, and the slope."""
    means_ = said.evidence.details["level_means"]
    unit = "points" if said.is_share else ""
    return (
        f"Along {said.claim.along} ({say_values(said.evidence.details['levels'])}), "
        f"{said.measured} was {', '.join(said.levels(*means_))}: "
        f"{said.difference('up', 'down', unit, 'per step')}"
    )


def interaction(said: Said) -> str:
    """Both effects, or both slopes, and their difference."""
    unit = "points" if said.is_share else ""
    if said.claim.along is not None:
        sides = means(said.evidence)
        with_it, without = changes(said, sides, unit)
        difference = said.difference("higher", "lower", unit, of=sides)
        return (
            f"Per step of {said.claim.along}, {said.measured} changed by {with_it} with "
            f"{said.treatment} and by {without} with {said.control}: {difference}"
        )
    ((axis, (a, b)),) = said.claim.across.items()
    effects = said.evidence.details["effects"]
    at_a, at_b = changes(said, effects, unit)
    difference = said.difference("higher", "lower", unit, of=(effects[0], effects[1]))
    return (
        f"With {said.treatment} instead of {said.control}, {said.measured} changed by {at_a} "
        f"at {axis} {say_value(a)} and by {at_b} at {say_value(b)}: {difference}"
    )


def changes(said: Said, values: Sequence[float], unit: str) -> list[str]:
    """Changes side by side: '17 points'."""
    return [say_units(text, unit) if unit else text for text in said.facts(*values)]


def stable_region(said: Said) -> str:
    """Mean lengths of both sides, in values of the axis."""
    sides = means(said.evidence)
    treatment, control = said.facts(*sides)
    n_levels = len(said.evidence.details["levels"])
    return (
        f"With {said.treatment}, {treatment} of {n_levels} values of "
        f"{said.claim.along} in a row were healthy on average against {control} with "
        f"{said.control}: {said.difference('more', 'fewer', 'values', of=sides)}"
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


def sentence(ruled: Ruled, rounds: int) -> str:
    """The finding, its size, and how sure it is. rounds: the budget of every run."""
    found, against = ruled.found, ruled.against
    if against is None:
        return f"Could not be judged: {found.void}."
    alpha = found.question.alpha
    control = shown_control(ruled)
    said = Said(found.claim, against.evidence, against.interval, control, alpha, rounds)
    parts = [PHRASES[found.claim.kind](said), sample(ruled)]
    if ruled.p_holm is not None:
        parts.append(f"adjusted p {say_p(ruled.p_holm, alpha)}")
    notes = "".join(f" Here {note}." for note in no_room(ruled))
    return f"{lead(ruled)}{', '.join(parts)}{ending(ruled, said)}.{notes}"


def means(evidence: Evidence) -> tuple[float, float]:
    """Mean of the treatment and of the control."""
    if evidence.treatment is None or evidence.control is None:
        raise ValueError("this kind has no sides")
    return float(evidence.treatment.mean()), float(evidence.control.mean())


def shown_control(ruled: Ruled) -> str:
    """The control that the numbers are about, in words."""
    control = getattr(ruled.found.claim, "control", {})
    return say_selector(control if isinstance(control, Mapping) else control[ruled.shown])


def lead(ruled: Ruled) -> str:
    """Which of several controls the numbers are about."""
    n = len(ruled.rulings)
    if n == 1:
        return ""
    n_refuting = sum(one.word == "refuted" for one in ruled.rulings)
    if ruled.word != "refuted" or n_refuting == n:
        return f"Least favourable of {n} controls: "
    if n_refuting == 1:
        return f"Of {n} controls the one that refutes: "
    return f"Least favourable of the {n_refuting} of {n} controls that refute: "


def sample(ruled: Ruled) -> str:
    """Replicates and cells that were judged: of healthy runs alone, those that have some."""
    if ruled.against is None or ruled.shown is None:
        return "0 replicates, 0 cells"
    one, evidence = ruled.found.comparisons[ruled.shown], ruled.against.evidence
    n_cells = evidence.details.get("n_healthy_cells", len(one.cells))
    thing = "paired cell" if "control" in one.sides else "cell"
    return f"{count(len(evidence.replicates), 'replicate')}, {count(n_cells, thing)}"


def ending(ruled: Ruled, said: Said) -> str:
    """What the numbers mean for the claim: what the rule that was followed says."""
    found, against = ruled.found, ruled.against
    if against is None or ruled.ruling is None or found.question.expect is None:
        return ""
    if ruled.word == "inconclusive":
        return f"; inconclusive, {settling(ruled.settled)}"
    size = f"{found.claim.margin * said.factor:g}"
    margin = f"the margin of {say_units(size, 'points') if said.is_share else size}"
    either_way = "" if found.question.expect in NON_INFERIORITY else " either way"
    if ruled.ruling.by == "shown":
        return shown_margin(ruled, margin)
    return {
        "contrary": "; the opposite of the claim",
        "falls short": f"; it falls short of {margin}",
        "within": f"; within {margin}{either_way}",
        "beyond": f"; beyond {margin}",
    }.get(ruled.ruling.by, "")


def shown_margin(ruled: Ruled, margin: str) -> str:
    """Whether a supported claim's margin is shown too: by the whole of its interval."""
    against, claim = ruled.against, ruled.found.claim
    reach = against.reach(str(ruled.found.question.expect)) if against else None
    if claim.margin == 0 or reach is None:
        return ""
    if reach[0] >= claim.margin:
        return f"; at least {margin}"
    return f"; that it is at least {margin} is not shown"


def settling(settled: Settled | None) -> str:
    """How many replicates would settle it, and which way."""
    if settled is None:
        return (
            f"and not even {MOST_REPLICATES:,} replicates would settle it while the effect stays "
            "as it is"
        )
    return (
        f"about {say_about(settled.n_replicates)} replicates would settle it, as "
        f"{settled.word}, if effect and spread stay the same"
    )
