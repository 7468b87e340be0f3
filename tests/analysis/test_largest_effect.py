"""Intervals and margins know the same bounds of an effect, whatever the kind of claim."""

from __future__ import annotations

from typing import Any

import pytest

from vistab.analysis.claims import KINDS
from vistab.analysis.claims.base import Table
from vistab.analysis.claims.measure import largest_effect_of
from vistab.plan import make_plan
from vistab.plan.cells import comparisons

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}
MODES = {"metric": "final_modes"}
CLAIMS = {
    "rate": {"kind": "rate", "expect": "lower", **SIDES},
    "onset": {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
    "score": {"kind": "score", "given": "healthy", "expect": "lower", **MODES, **SIDES},
    "score, ranked": {"kind": "score", "given": "ranked", "expect": "lower", **MODES, **SIDES},
    "trend": {"kind": "trend", "along": STEPS, "expect": "lower"},
    "trend of modes": {"kind": "trend", "along": STEPS, "expect": "lower", **MODES},
    "across": {
        "kind": "interaction", "across": {STEPS: (1, 5)}, "expect": "lower", **SIDES
    },
    "along": {"kind": "interaction", "along": RATE, "expect": "lower", **MODES, **SIDES},
    "stable_region": {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
    "equivalence": {"kind": "equivalence", "margin": 0.5, **MODES, **SIDES},
}  # fmt: skip


def test_every_kind_with_a_direction_or_a_margin_is_here() -> None:
    assert {claim["kind"] for claim in CLAIMS.values()} == set(KINDS) - {"identical"}


@pytest.mark.parametrize("name", CLAIMS)
def test_an_effect_has_the_bounds_that_a_margin_is_held_against(
    name: str, make_study: Any, make_results: Any
) -> None:
    study = make_study(CLAIMS[name])
    results = make_results(study, lambda run: {"final_modes": 3.0})
    (claim,) = study.claims
    plan = make_plan(study)
    (comparison,) = comparisons(plan, claim)
    table = Table(plan, results.runs.set_index("run_id"), results.history)
    evidence = KINDS[claim.kind].gather(claim, comparison, table)
    largest = largest_effect_of(claim, plan, len(comparison.levels))
    assert largest is not None
    assert evidence.bounds == pytest.approx((-largest, largest))
