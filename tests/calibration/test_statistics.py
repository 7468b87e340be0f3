"""Do the tests reject as seldom, and the intervals cover as often, as they promise?

Simulated with fixed seeds; a bound is missed by chance about once in a thousand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vistab.analysis.claims import onset
from vistab.analysis.claims.base import Evidence, Table
from vistab.analysis.finding import asks, weigh
from vistab.analysis.ruling import Against, Question, claim_p, combine, control_p, rule
from vistab.analysis.stats.betting import betting_interval, capital
from vistab.analysis.stats.holm import holm
from vistab.analysis.stats.sign_flip import sign_flip
from vistab.analysis.stats.survival import kaplan_meier
from vistab.plan import make_plan
from vistab.plan.cells import comparisons
from vistab.spec.claims import CLAIMS
from vistab.spec.families import GanFamily
from vistab.spec.study import BudgetSpec, Study
from vistab.spec.targets import RingTarget

ALPHA = 0.1


def at_most(rate: float, n: int) -> float:
    """`rate` and three binomial standard errors of n trials."""
    return rate + 3 * float(np.sqrt(rate * (1 - rate) / n))


Draw = Callable[[np.random.Generator, tuple[int, int]], Any]
SHAPES: dict[str, tuple[float, Draw]] = {
    "rare event": (0.03, lambda g, size: g.random(size) < 0.03),
    "coin": (0.5, lambda g, size: g.random(size) < 0.5),
    "two points": (0.45 + 0.1 * 0.9, lambda g, size: 0.45 + 0.1 * (g.random(size) < 0.9)),
    "share of three": (0.9, lambda g, size: g.binomial(3, 0.9, size) / 3),
    "uniform": (0.5, lambda g, size: g.random(size)),
    "skewed": (0.1, lambda g, size: g.beta(0.2, 1.8, size)),
}


@pytest.mark.parametrize("n", [3, 5, 10, 30])
@pytest.mark.parametrize("shape", SHAPES)
def test_betting_intervals_cover_the_mean(shape: str, n: int) -> None:
    """The interval holds the mean exactly where capital against it stays below 1 / alpha."""
    mean, draw = SHAPES[shape]
    values = np.asarray(draw(np.random.default_rng(n), (4000, n)), dtype=float)
    missed = np.mean(capital(values, mean) * ALPHA >= 1)
    assert missed <= at_most(ALPHA, 4000)
    for row in values[:20]:
        low, high = betting_interval(row, (0.0, 1.0), ALPHA)
        assert (low < mean < high) == bool(capital(row, mean) * ALPHA < 1)


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize("shape", ["continuous", "whole numbers with ties and zeros"])
def test_the_sign_flip_test_rejects_a_true_null_as_seldom_as_it_says(shape: str, n: int) -> None:
    generator = np.random.default_rng(n)
    effects = generator.standard_t(2, (2000, n))
    if shape != "continuous":
        effects = np.round(effects)
    p = np.array([sign_flip(row).p for row in effects])
    for alpha in (0.01, 0.05, 0.1, 0.2):
        assert np.mean(p <= alpha) <= at_most(alpha, 2000)
    if shape == "continuous":  # and no seldomer: the test is exact
        assert np.mean(p <= 0.125) == pytest.approx(0.125, abs=0.03)


WEIGHT, STEPS, RATE = (
    "family.regularizer.weight",
    "family.generator_steps",
    "optimizer.learning_rate",
)
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
CLAIMED: dict[str, dict[str, Any]] = {
    "rate": {"kind": "rate", "expect": "lower", **SIDES},
    "onset": {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
    "trend": {"kind": "trend", "along": STEPS, "expect": "higher"},
    "across": {"kind": "interaction", "across": {STEPS: (1, 5)}, "expect": "higher", **SIDES},
    "along": {"kind": "interaction", "along": STEPS, "expect": "lower", **SIDES},
    "stable_region": {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
}


def toy(claim: dict[str, Any]) -> Study:
    """Eight replicates of 2 weights x 3 rates x 2 steps, with one claim."""
    return Study(
        study="toy",
        target=RingTarget(kind="ring"),
        family=GanFamily(kind="gan"),
        budget=BudgetSpec(rounds=100, snapshots=10),
        replicates=8,
        alpha=ALPHA,
        axes={RATE: (1e-3, 2e-3, 4e-3), STEPS: (1, 5), WEIGHT: (0.0, 5.0)},
        claims=(CLAIMS[claim["kind"]](id="C", says="It helps.", **claim),),
    )


def null_runs(runs: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """No axis matters; runs of one replicate mostly share their fate."""
    fate = generator.normal(0, 2, 8)[runs["replicate"]]
    failed = fate + generator.normal(0, 1, len(runs)) > 0
    onset = np.clip(10 * np.round(5 + fate + generator.normal(0, 1, len(runs))), 10, 100)
    return runs.assign(
        outcome=np.where(failed, "mode_collapse", "healthy"),
        onset_round=pd.Series(np.where(failed, onset, np.nan), index=runs.index).astype("Int64"),
    )


@pytest.mark.parametrize("name", CLAIMED)
def test_without_any_effect_a_claim_is_seldom_supported(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replicates are strongly correlated across cells, so cells must not count as evidence."""
    n_studies = 200
    drawn = kaplan_meier([50.0], 100)  # curves are slow to make, and no verdict reads them
    monkeypatch.setattr(onset, "kaplan_meier", lambda times, rounds: drawn)
    study = toy(CLAIMED[name])
    plan, claim = make_plan(study), study.claims[0]
    (comparison,) = comparisons(plan, claim)
    runs = pd.DataFrame([{"run_id": run.run_id, "replicate": run.replicate} for run in plan.runs])
    runs = runs.set_index("run_id")
    generator = np.random.default_rng(0)
    question = asks(claim, study, n_claims=1)
    words, held = [], 0
    for _ in range(n_studies):
        table = Table(plan, null_runs(runs, generator), pd.DataFrame())
        one = weigh(claim, comparison, table, question)
        assert one.p is not None
        assert one.interval is not None
        words.append(rule(one, question, one.p))
        held += one.interval[0] <= 0 <= one.interval[1]
    assert words.count("supported") / n_studies <= at_most(ALPHA / 2, n_studies)
    assert words.count("refuted") / n_studies <= at_most(ALPHA / 2, n_studies)
    assert held / n_studies >= 1 - ALPHA


def lists_of_controls(generator: np.random.Generator, shift: float) -> list[Against]:
    """Three controls that share one treatment: their effects are correlated."""
    treatment = generator.normal(0, 1, 8)
    found = []
    for _ in range(3):
        effects = treatment - generator.normal(0, 1, 8) + shift
        evidence = Evidence(tuple(range(8)), effects, None, None, None)
        found.append(Against("control", evidence, None, None, sign_flip(effects).p))
    return found


def test_lists_of_controls_keep_the_level_both_ways() -> None:
    n_studies = 1500
    question = Question("higher", 0.0, ALPHA, n_controls=3, n_claims=1)
    generator = np.random.default_rng(1)
    words = []
    for _ in range(n_studies):
        found = lists_of_controls(generator, shift=0.0)
        p = claim_p(found, question)
        words.append(
            combine([rule(one, question, control_p(one, question, p, p)) for one in found])
        )
    wrong = n_studies - words.count("inconclusive")
    assert 0 < wrong / n_studies <= at_most(ALPHA, n_studies)


def test_holm_keeps_the_family_of_claims_at_its_level() -> None:
    """Four claims, one of them true: the others are seldom rejected, the true one often."""
    n_studies = 800
    generator = np.random.default_rng(2)
    false, true = 0, 0
    for _ in range(n_studies):
        effects = generator.normal(0, 1, (4, 10)) + np.array([[2.0], [0], [0], [0]])
        adjusted = np.array(holm([sign_flip(row).p for row in effects]))
        true += adjusted[0] <= ALPHA
        false += np.any(adjusted[1:] <= ALPHA)
    assert false / n_studies <= at_most(ALPHA, n_studies)
    assert true / n_studies > 0.9
