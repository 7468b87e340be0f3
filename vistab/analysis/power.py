"""How often a study would support a claim that is true: its power, by simulation.

A replicate is the unit of every test. So replicates are simulated once (a pool), studies are drawn
from it, and each is judged by the rules. docs/power.md says what simulated runs take for granted.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vistab.analysis.finding import asks
from vistab.analysis.many_rulings import Rules
from vistab.analysis.pool import pool_of
from vistab.analysis.ruling import EQUIVALENT
from vistab.analysis.simulate import CannotSimulate
from vistab.plan.cells import comparisons
from vistab.plan.model import Plan
from vistab.spec.claims import NON_INFERIORITY, ClaimSpec

Floats = npt.NDArray[np.float64]

SEED = 80
"""Of every simulation, whatever the study's own seed: the same plan has the same power."""
N_STUDIES = 2_000
ENOUGH = 0.8
MOST_REPLICATES = 200
"""Up to so many are tried."""


@dataclass(frozen=True)
class Power:
    """The share of studies in which a claim would be supported if its effect were `effect`.

    effect: the true one, in the direction expected and the claim's unit. level: what p must not
    exceed; for claims without a p, what their interval may miss. power: None where it cannot be
    told, and `reason` says why. enough: the fewest replicates with power ENOUGH; None if more than
    MOST_REPLICATES, or if it was not looked for.
    """

    effect: float
    level: float
    n_replicates: int
    n_studies: int
    power: float | None = None
    enough: int | None = None
    reason: str | None = None

    @property
    def standard_error(self) -> float | None:
        """Of the power, since there are only so many simulated studies."""
        if self.power is None:
            return None
        return math.sqrt(self.power * (1 - self.power) / self.n_studies)


def power_of(
    plan: Plan,
    claim: ClaimSpec,
    *,
    effect: float | None = None,
    level: float | None = None,
    n_replicates: int | None = None,
    n_studies: int = N_STUDIES,
    seed: int = SEED,
    with_enough: bool = True,
) -> Power:
    """The claim's power with the plan's replicates, or with `n_replicates` of them.

    effect: the true one, in the direction expected (see simulated_runs); else `effect_asked`.
    level: what p must not exceed, or what the interval may miss; else `level_of`. with_enough: look
    for the replicates that are enough, too, which takes longer.
    """
    n = replicates_of(plan, claim) if n_replicates is None else n_replicates
    asked = effect_asked(claim) if effect is None else effect
    alpha = level_of(plan, claim) if level is None else level
    if reason := no_effect_to_ask(claim) if effect is None else None:
        return Power(asked, alpha, n, n_studies, reason=reason)
    try:
        pool = pool_of(plan, claim, asked, seed)
    except CannotSimulate as found:
        return Power(asked, alpha, n, n_studies, reason=str(found))
    rules = Rules(asks(claim, plan.study, 1, pool.effects.shape[1]), pool.bounds, alpha)
    studies = pool.studies(n_studies, max(n, MOST_REPLICATES), seed)
    share = rules.share_supported(studies[:, :n])
    return Power(asked, alpha, n, n_studies, share, enough(rules, studies) if with_enough else None)


def enough(rules: Rules, studies: Floats) -> int | None:
    """The fewest replicates of `studies` with power ENOUGH; power is taken to rise with them."""

    def power(n: int) -> float:
        return rules.share_supported(studies[:, :n])

    if power(MOST_REPLICATES) < ENOUGH:
        return None
    numbers = range(2, MOST_REPLICATES)
    return 2 + bisect_left(numbers, ENOUGH, key=power)


def claims_no_difference(claim: ClaimSpec) -> bool:
    """Non-inferiority and equivalence: judged by the interval alone."""
    return getattr(claim, "expect", EQUIVALENT) in (*NON_INFERIORITY, EQUIVALENT)


def effect_asked(claim: ClaimSpec) -> float:
    """The true effect at which power is asked: the margin; 0 if the claim is of no difference."""
    return 0.0 if claims_no_difference(claim) else claim.margin


def no_effect_to_ask(claim: ClaimSpec) -> str | None:
    """Why there is no true effect to ask about."""
    if claims_no_difference(claim) or claim.margin > 0:
        return None
    return "without a margin no effect is the smallest worth having"


def level_of(plan: Plan, claim: ClaimSpec) -> float:
    """What p must not exceed, or the interval may miss, with all of the study's claims."""
    n_claims = sum(one.has_p for one in plan.study.claims)
    return asks(claim, plan.study, n_claims).level


def replicates_of(plan: Plan, claim: ClaimSpec) -> int:
    """Replicates with a complete cell against every control."""
    return min(len({cell.replicate for cell in one.cells}) for one in comparisons(plan, claim))
