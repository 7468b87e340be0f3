"""Studies of several claims: how often is any of those that are not true decided?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lab.checks import BEYOND, FAMILY, any_decided, said
from lab.kinds import DIFFERENCES, LEVELS, sides
from lab.nulls import NO_EFFECT, ONE_FATE_A_SIDE
from lab.studies import RATE, STEPS, WEIGHT, Check, Claim, Scenario
from lab.worlds import Crashed, Shares, mean_longest_stretch

EIGHT = tuple(
    DIFFERENCES[sort]
    for sort in (
        "rate", "onset of failure", "onset of convergence", "score, ranked",
        "score, healthy runs", "trend of an outcome", "interaction across", "stable region",
    )
)  # fmt: skip
STEPS_SIDES = {"treatment": {STEPS: 5}, "control": {STEPS: 1}}
THREE_WEIGHTS = {RATE: LEVELS[:2], STEPS: (1, 5), WEIGHT: (0.0, 5.0, 20.0)}
STRONGEST = {"treatment": {WEIGHT: 20}, "control": {WEIGHT: 0}}
BELOW = {WEIGHT: (0.0, 5.0)}


def without_effects() -> Iterator[Scenario]:
    """Eight claims that read the same runs, none of them true."""
    checks = (any_decided(range(8)),)
    zeros = (0.0,) * 8
    told = f"8 claims on the same runs; {NO_EFFECT}"
    yield Scenario("8 claims", told, EIGHT, Shares(), checks, zeros, replicates=12)
    told = "8 claims; no effect; all runs of one side of a replicate share their fate"
    yield Scenario(
        "8 claims: cells alike", told, EIGHT, ONE_FATE_A_SIDE, checks, zeros, replicates=12
    )


def beside_true_claims() -> Scenario:
    """Holm may give a true claim's share of alpha to the others once it is found."""
    true: tuple[Claim, ...] = (
        {"kind": "trend", "along": STEPS, "expect": "higher"},
        {"kind": "rate", "expect": "higher", **STEPS_SIDES},
        {"kind": "onset", "event": "failure", "expect": "sooner", **STEPS_SIDES},
    )
    return Scenario(
        "8 claims, 3 of them true",
        "steps raise failures from 10 % to 90 % (3 true claims); of the weight 5 claims are untrue",
        (*EIGHT[:5], *true),
        Shares(lambda runs: np.where(runs[STEPS] == 5, 0.9, 0.1)),
        (
            any_decided(range(5)),
            Check(FAMILY, "all of the true ones supported", all_supported, 0.99, "at least"),
        ),
        (0.0,) * 5 + (0.8, 0.8, -36.0),
        replicates=12,
    )


def all_supported(tally) -> np.ndarray:
    """By study: the three true claims."""
    return (tally.words[:, 5:] == "supported").all(axis=1)


def one_arm_void() -> Scenario:
    """A crash voids the claims that read its arm; the others keep their level."""
    others: tuple[Claim, ...] = (
        {**DIFFERENCES["rate"]},
        {**DIFFERENCES["onset of failure"]},
        {**DIFFERENCES["trend of an outcome"], "within": BELOW},
        {**DIFFERENCES["stable region"]},
    )
    void: tuple[Claim, ...] = tuple({**claim, **STRONGEST} for claim in (others[0], others[3]))
    return Scenario(
        "6 claims, 2 of them void",
        "no effect; in every study a run of the largest weight crashed, which 2 claims read",
        (*others, *void),
        Crashed(Shares(), lambda runs: runs[WEIGHT] == 20),
        (
            any_decided(range(6)),
            Check(
                FAMILY,
                "both of the crashed arm's claims void, no other",
                lambda tally: ((tally.words == "void") == [0, 0, 0, 0, 1, 1]).all(axis=1),
                1.0,
                "at least",
            ),
        ),
        (0.0,) * 4 + (None, None),
        axes=THREE_WEIGHTS,
    )


def margins_together() -> Scenario:
    """Intervals are not adjusted for the other claims: neither are rulings on a margin."""
    region = mean_longest_stretch([0.2] * 3, 0.5) - mean_longest_stretch([0.5] * 3, 0.5)
    effects = {
        "rate": -0.3, "onset of failure": 13.5, "onset of convergence": -13.5,
        "score, ranked": 0.3, "stable region": region,
    }  # fmt: skip
    claims = [{**DIFFERENCES[sort], "margin": abs(e)} for sort, e in effects.items()]
    rate = {**DIFFERENCES["rate"], "margin": 0.3}
    claims += [{**rate, "within": {RATE: level}} for level in LEVELS]
    return Scenario(
        "8 claims with margins",
        "failures fall from 50 % to 20 %; each claim's margin is exactly its effect",
        tuple(claims),
        Shares(sides(0.2, 0.5)),
        (Check(BEYOND, "any of them refuted", said("refuted", range(8)), None),),
        (*effects.values(), -0.3, -0.3, -0.3),
    )


def families() -> Iterator[Scenario]:
    """All of them."""
    yield from without_effects()
    yield beside_true_claims()
    yield one_arm_void()
    yield margins_together()
