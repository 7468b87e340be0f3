"""Studies in which a claim is true: is it supported as often as its power says?

Runs come from vistab's own simulator, but claims are ruled on by the whole judge, study by study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lab.checks import POWER, covers, said
from lab.kinds import CONTROLS, COVERAGE, DIFFERENCES, FOUR_WEIGHTS, stated
from lab.studies import SIDES, Check, Claim, Scenario, study_of
from lab.worlds import Results
from vistab.analysis.power import power_of
from vistab.analysis.ruling import SIGNS
from vistab.analysis.simulate import simulated_runs
from vistab.plan import make_plan
from vistab.plan.model import Plan
from vistab.spec.claims import ClaimSpec

SUPPORTED = Check(POWER, "supported", said("supported"), None)
TOLERANCE = 0.05


@dataclass(frozen=True)
class Foreseen:
    """Runs as the power of a claim takes them to come out; only those that the claim reads."""

    plan: Plan
    claim: ClaimSpec
    gain: float

    def draw(self, planned: pd.DataFrame, generator: np.random.Generator) -> Results:
        runs = simulated_runs(self.plan, self.claim, self.gain, generator)
        return Results(runs.reset_index())


def planted(
    name: str, claim: Claim, gain: float, replicates: int = 10, axes: Any = None
) -> Scenario:
    """A claim with this true effect in the direction that it expects, in its own unit."""
    study = study_of((claim,), replicates, axes)
    effect = SIGNS.get(str(claim.get("expect")), 1) * gain
    return Scenario(
        f"{name}: planted effect",
        f"{gain:g} as expected" if gain else "no difference",
        (claim,),
        Foreseen(make_plan(study), study.claims[0], gain),
        (SUPPORTED, covers(effect)),
        (stated(claim, effect),),
        replicates,
        axes,
    )


def foretold(scenario: Scenario) -> float | None:
    """The power that `vistab plan` would state."""
    world = scenario.world
    return power_of(world.plan, world.claim, effect=world.gain).power


def power_scenarios() -> Iterator[Scenario]:
    """Every kind that has power, at an effect that is neither hopeless nor sure to be found."""
    gains: Mapping[str, float] = {
        "rate": 0.25, "onset of failure": 12, "onset of convergence": 12, "score, all runs": 0.1,
        "score, ranked": 0.35, "score, healthy runs": 0.2, "trend of an outcome": 0.14,
        "trend of a metric": 0.06, "interaction across": 0.45, "interaction along": 0.25,
        "stable region": 0.75,
    }  # fmt: skip
    for sort, gain in gains.items():
        yield planted(sort, DIFFERENCES[sort], gain)
    rate, score = DIFFERENCES["rate"], DIFFERENCES["score, ranked"]
    same = {"kind": "equivalence", **SIDES}
    more: Sequence[tuple[str, Claim, float, int]] = (
        ("rate with a margin of 0.2", {**rate, "margin": 0.2}, 0.25, 10),
        ("rate, not_higher", {**rate, "expect": "not_higher", "margin": 0.25}, 0.0, 20),
        ("score, ranked, not_lower", {**score, "expect": "not_lower", "margin": 0.35}, 0.0, 20),
        ("equivalence of an outcome", {**same, "margin": 0.3}, 0.0, 20),
        ("equivalence of a metric", {**same, "metric": COVERAGE, "margin": 0.25}, 0.05, 20),
    )
    for name, claim, gain, replicates in more:
        yield planted(name, claim, gain, replicates)
    against_each = {**rate, **CONTROLS}
    yield planted("rate: three controls", against_each, 0.4, axes=FOUR_WEIGHTS)
