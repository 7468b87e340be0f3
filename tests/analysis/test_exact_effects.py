"""What is nothing stays nothing: an effect of 0 is 0 and p is 1, whatever sums it came from."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vistab.analysis import judge
from vistab.analysis.claims import KINDS
from vistab.analysis.claims.base import evidence_of
from vistab.analysis.stats.order import slope_weights

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}
COVERAGE = {"metric": "final_coverage"}
CLAIMS = {
    "rate": {"kind": "rate", "expect": "lower", **SIDES},
    "onset": {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
    "convergence": {"kind": "onset", "event": "convergence", "expect": "sooner", **SIDES},
    "score": {"kind": "score", "expect": "higher", **COVERAGE, **SIDES},
    "score healthy": {"kind": "score", "given": "healthy", "expect": "higher", **COVERAGE, **SIDES},
    "score ranked": {"kind": "score", "given": "ranked", "expect": "higher", **COVERAGE, **SIDES},
    "trend": {"kind": "trend", "along": STEPS, "expect": "higher"},
    "trend of a metric": {"kind": "trend", "along": STEPS, "expect": "lower", **COVERAGE},
    "interaction": {"kind": "interaction", "across": {STEPS: (1, 2)}, "expect": "lower", **SIDES},
    "slopes": {"kind": "interaction", "along": STEPS, "expect": "lower", **SIDES},
    "slopes of a metric": {
        "kind": "interaction", "along": STEPS, "expect": "lower", **COVERAGE, **SIDES
    },
    "stable region": {"kind": "stable_region", "along": STEPS, "expect": "wider", **SIDES},
    "equivalence": {"kind": "equivalence", "margin": 1e-6, **SIDES},
    "equivalence of a metric": {"kind": "equivalence", "margin": 1e-6, **COVERAGE, **SIDES},
}  # fmt: skip
FEW = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_every_kind_with_a_test_or_an_interval_is_here() -> None:
    assert {claim["kind"] for claim in CLAIMS.values()} == set(KINDS) - {"identical"}


@pytest.mark.parametrize("name", CLAIMS)
@given(
    n_levels=st.integers(2, 9),
    n_cells=st.integers(1, 4),
    n_failed=st.integers(0, 4),
    replicates=st.integers(3, 12),
    seed=st.integers(0, 99),
)
@FEW
def test_equal_shares_on_all_sides_and_levels_are_no_effect(
    name: str, n_levels: int, n_cells: int, n_failed: int, replicates: int, seed: int,
    make_study: Any, make_results: Any,
) -> None:  # fmt: skip
    """k of m runs fail on either side, at every level; which ones is drawn anew each time."""
    rates = tuple(1e-3 * 2**k for k in range(n_cells))
    axes = {RATE: rates, STEPS: tuple(range(1, n_levels + 1)), WEIGHT: (0.0, 5.0)}
    study = make_study(CLAIMS[name], replicates=replicates, axes=axes)
    by_line = CLAIMS[name]["kind"] == "stable_region"  # a whole line fails, or none of it
    generator = np.random.default_rng(seed)

    def failing(*_: Any) -> set[float]:
        picked = generator.permutation(n_cells)[: min(n_failed, n_cells)]
        return {rates[k] for k in picked}

    drawn: dict[Any, set[float]] = {}

    def tell(run: Any) -> dict[str, Any]:
        at = run.arm.assignment
        place = (run.replicate, at[WEIGHT], None if by_line else at[STEPS])
        failed = at[RATE] in drawn.setdefault(place, failing())
        value = float(np.float64(0.7 if failed else 0.1))
        noise = generator.integers(-2, 3) * np.spacing(value)  # a sum in another order
        covered = 0.7 if "healthy" in name or "ranked" in name else value
        return {
            "outcome": "mode_collapse" if failed else "healthy",
            "onset_round": 30 if failed else None,
            "converged_round": None if failed else 10,
            "final_coverage": covered + noise,
        }

    results = make_results(study, tell)
    (verdict,) = judge(study, results)
    if verdict.verdict == "void":  # given healthy, nobody may be
        assert n_failed >= 1
        return
    assert verdict.effect == 0
    assert all(row["effect"] == 0 for row in verdict.details["controls"][0]["by_replicate"])
    assert verdict.p in (1, None)
    assert verdict.verdict == "inconclusive"
    assert "no difference" in verdict.sentence


def test_six_rates_at_which_all_runs_stall_show_no_trend(make_study, make_results) -> None:
    """Slopes of six ones were 1e-17 in floats, of one sign in all replicates: p was 0.031."""
    rates = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3)
    claim = {"kind": "trend", "along": RATE, "expect": "higher"}
    study = make_study(claim, replicates=6, axes={RATE: rates})
    (verdict,) = judge(study, make_results(study, lambda run: "stalled"))
    assert (verdict.effect, verdict.p, verdict.verdict) == (0, 1, "inconclusive")
    assert "there was no room for a rise" in verdict.sentence


def test_an_interaction_of_equal_effects_is_none(make_study, make_results) -> None:
    """One third fewer at either value."""
    axes = {RATE: (1e-3, 2e-3, 4e-3), STEPS: (1, 2), WEIGHT: (0.0, 5.0)}
    study = make_study(CLAIMS["interaction"], replicates=9, axes=axes)

    def tell(run: Any) -> str:
        at = run.arm.assignment
        failing = (1e-3,) if at[WEIGHT] else (1e-3, 4e-3) if at[STEPS] == 1 else (2e-3, 4e-3)
        return "stalled" if at[RATE] in failing else "healthy"

    (verdict,) = judge(study, make_results(study, tell))
    assert verdict.details["effects"] == pytest.approx([-1 / 3, -1 / 3])
    assert (verdict.effect, verdict.p, verdict.verdict) == (0, 1, "inconclusive")


@given(
    n_levels=st.integers(2, 9),
    outcomes=st.integers(3, 8).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 1), min_size=9, max_size=9), min_size=n, max_size=n
        )
    ),
)
def test_p_counts_ties_as_exact_arithmetic_does(n_levels: int, outcomes: list[list[int]]) -> None:
    """Slopes are multiples of odd fractions, and many choices of signs add up to the same."""
    from vistab.analysis.stats.sign_flip import sign_flip

    weights = slope_weights(n_levels)
    slopes = [
        sum((w * had for w, had in zip(weights, row[:n_levels], strict=True)), Fraction(0))
        for row in outcomes
    ]
    seen = abs(sum(slopes))
    sums = [
        abs(sum(sign * slope for sign, slope in zip(signs, slopes, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(slopes))
    ]
    exact = Fraction(sum(total >= seen for total in sums), len(sums))
    evidence = evidence_of(range(len(slopes)), slopes)
    assert sign_flip(evidence.effects).p == float(exact)
    assert evidence.effect == float(Fraction(sum(slopes)) / len(slopes))
    assert (evidence.effect == 0) == (sum(slopes) == 0)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_an_infinite_metric_is_a_missing_one(value: float, make_study, make_results) -> None:
    """Of a metric without bounds no worst value can stand in, so the claim is void."""
    claim = {"kind": "trend", "along": STEPS, "metric": "final_spread", "expect": "higher"}
    study = make_study(claim, CLAIMS["rate"])
    first = []

    def tell(run: Any) -> dict[str, Any]:
        first.append(run)
        return {"final_spread": value if len(first) == 1 else 1.0}

    trend, rate = judge(study, make_results(study, tell))
    assert (trend.verdict, trend.reason) == ("void", "final_spread is not a number in 1 run")
    assert (trend.error, rate.verdict) == (None, "inconclusive")


def test_what_is_left_of_a_sum_in_another_order_is_no_difference_of_scores(
    make_study, make_results
) -> None:
    """A score of 0.7 in every run, to the last bit but one."""
    study = make_study(CLAIMS["score"], replicates=10)
    up = np.nextafter(0.7, 1)
    results = make_results(
        study, lambda run: {"final_coverage": 0.7 if run.arm.assignment[WEIGHT] else up}
    )
    (verdict,) = judge(study, results)
    assert (verdict.effect, verdict.p, verdict.verdict) == (0, 1, "inconclusive")
