"""Studies whose true mean effect lies exactly at the margin, where errors are most frequent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lab.checks import AT_MARGIN, FALSELY_REFUTED, FALSELY_SUPPORTED, covers, said
from lab.kinds import (
    CONTROLS,
    COVERAGE,
    DIFFERENCES,
    EFFECTS,
    FOUR_WEIGHTS,
    TWO_WEIGHTS,
    sides,
    stated,
    treated,
    untreated,
)
from lab.studies import SIDES, WEIGHT, Check, Claim, Scenario
from lab.worlds import ByRun, FewReplicates, OneBitOff, Shares, World

BETTER, WORSE = Shares(sides(0.2, 0.5)), Shares(sides(0.5, 0.2))
LOWER = Shares(coverage=sides(0.4, 0.6))
EITHER = (FALSELY_SUPPORTED, FALSELY_REFUTED)


def at_margin(
    name: str,
    claim: Claim,
    effect: float,
    truth: str,
    world: World,
    checks: tuple[Check, ...],
    **more: Any,
) -> Scenario:
    """A claim whose margin is the size of its true effect."""
    claims = ({**claim, "margin": abs(effect)},)
    effects = (stated(claim, effect),)
    return Scenario(name, truth, claims, world, (*checks, covers(effect)), effects, **more)


def few(share: float, failing: ByRun) -> World:
    """In this share of the replicates one side fails in every cell; no other run fails."""
    return FewReplicates(failing, failing, share)


def in_few(share: float, side: str) -> str:
    """The same in words."""
    return f"in {share:.0%} of replicates the {side} fails in all cells; no other run fails"


def short_of_the_margin() -> Iterator[Scenario]:
    """Differences that are just worth having must seldom be refuted for being too small."""
    for sort, (effect, world) in EFFECTS.items():
        told = f"the effect is as expected, and exactly the margin ({abs(effect):.3g})"
        refuted = (FALSELY_REFUTED,)
        yield at_margin(sort + " at its margin", DIFFERENCES[sort], effect, told, world, refuted)
    rate = DIFFERENCES["rate"]
    told = "failures fall from 50 % to 20 %, the margin is 0.3"
    checks = (FALSELY_REFUTED,)
    yield at_margin(
        "rate at its margin: 3 replicates", rate, -0.3, told, BETTER, checks, replicates=3
    )
    yield at_margin(
        "rate at its margin: 30 replicates",
        rate, -0.3, told, BETTER, checks, replicates=30, axes=TWO_WEIGHTS, slow=True,
    )  # fmt: skip
    yield at_margin(
        "rate at its margin: three controls",
        {**rate, **CONTROLS}, -0.3, told + ", against each control", BETTER, checks,
        axes=FOUR_WEIGHTS,
    )  # fmt: skip
    for share in (0.1, 0.3):
        yield at_margin(
            f"rate at its margin: effect in {share:.0%} of replicates",
            rate, -share, in_few(share, "control"), few(share, untreated), checks,
        )  # fmt: skip
    yield at_margin(
        "rate at its margin: rare",
        rate, -0.03, "failures fall from 3 % to none, the margin is 0.03",
        Shares(sides(0.0, 0.03)), checks,
    )  # fmt: skip


def equivalences() -> Iterator[Scenario]:
    """A difference as large as the margin must seldom pass for equivalence."""
    outcome = {"kind": "equivalence", **SIDES}
    told = "20 % of the treatment's runs fail, 50 % of the control's; the margin is 0.3"
    yield at_margin("equivalence of an outcome", outcome, -0.3, told, BETTER, EITHER)
    metric = {**outcome, "metric": COVERAGE}
    world = Shares(coverage=sides(0.6, 0.4))
    told_metric = "mean coverage is 0.6 and 0.4; the margin is 0.2"
    yield at_margin("equivalence of a metric", metric, 0.2, told_metric, world, EITHER)
    yield at_margin(
        "equivalence of an outcome: 3 replicates", outcome, -0.3, told, BETTER, EITHER, replicates=3
    )
    yield at_margin(
        "equivalence of an outcome: 30 replicates",
        outcome, -0.3, told, BETTER, EITHER, replicates=30, axes=TWO_WEIGHTS,
    )  # fmt: skip
    yield at_margin(
        "equivalence of an outcome: three controls",
        {**outcome, **CONTROLS}, -0.3, told + ", against each control", BETTER, EITHER,
        axes=FOUR_WEIGHTS, replicates=20,
    )  # fmt: skip
    for share, replicates in ((0.1, 10), (0.36, 10), (0.2, 20), (0.15, 30)):
        yield at_margin(
            f"equivalence of an outcome: effect in {share:.0%} of replicates",
            outcome, share, in_few(share, "treatment"), few(share, treated), EITHER,
            replicates=replicates, axes=TWO_WEIGHTS,
        )  # fmt: skip


def non_inferiorities() -> Iterator[Scenario]:
    """A treatment that is worse by the margin must seldom pass for no worse."""
    rate = {"kind": "rate", **SIDES}
    score = {"kind": "score", "metric": COVERAGE, **SIDES}
    ranked, healthy = {**score, "given": "ranked"}, {**score, "given": "healthy"}
    told = "50 % of the treatment's runs fail, 20 % of the control's; the margin is 0.3"
    back = "20 % of the treatment's runs fail, 50 % of the control's; the margin is 0.3"
    lower = "mean coverage of healthy runs is 0.4 and 0.6; the margin is 0.2"
    lowest = "mean coverage of all runs is 0.4 and 0.6; the margin is 0.2"
    cases: Sequence[tuple[str, Claim, str, float, str, World]] = (
        ("rate", rate, "not_higher", 0.3, told, WORSE),
        ("rate", rate, "not_lower", -0.3, back, BETTER),
        ("score, all runs", score, "not_lower", -0.2, lowest, LOWER),
        ("score, ranked", ranked, "not_lower", -0.3, told, WORSE),
        ("score, ranked", ranked, "not_higher", 0.3, back, BETTER),
        ("score, healthy runs", healthy, "not_lower", -0.2, lower, LOWER),
    )  # fmt: skip
    for sort, claim, expect, effect, truth, world in cases:
        asked = {**claim, "expect": expect}
        yield at_margin(f"{sort}, {expect}", asked, effect, truth, world, EITHER)
    not_higher = {**rate, "expect": "not_higher"}
    yield at_margin(
        "rate, not_higher: 30 replicates",
        not_higher, 0.3, told, WORSE, EITHER, replicates=30, axes=TWO_WEIGHTS,
    )  # fmt: skip
    yield at_margin(
        "rate, not_higher: three controls",
        {**not_higher, **CONTROLS}, 0.3, told + ", against each control", WORSE, EITHER,
        axes=FOUR_WEIGHTS, replicates=20,
    )  # fmt: skip
    for share, replicates in ((0.1, 10), (0.15, 30)):
        yield at_margin(
            f"rate, not_higher: effect in {share:.0%} of replicates",
            not_higher, share, in_few(share, "treatment"), few(share, treated), EITHER,
            replicates=replicates, axes=TWO_WEIGHTS,
        )  # fmt: skip


def identical() -> Scenario:
    """Equal histories but for the last bit of one number: identity has no margin and no chance."""
    return Scenario(
        "identical",
        "of all stored numbers of two runs one differs in its last bit",
        ({"kind": "identical", "vary": WEIGHT},),
        OneBitOff(),
        (Check(AT_MARGIN, "supported", said("supported"), 0.0),),
        (None,),
        replicates=3,
        axes={WEIGHT: (0.0, 5.0)},
    )


def margins() -> Iterator[Scenario]:
    """All of them."""
    yield from short_of_the_margin()
    yield from equivalences()
    yield from non_inferiorities()
    yield identical()
