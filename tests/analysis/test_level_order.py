"""However a study comes by the values of an axis, they are ruled on from small to large."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vistab.analysis import judge
from vistab.spec.study import NamedArm

RATE, WEIGHT = "optimizer.learning_rate", "family.regularizer.weight"
RATES = (1e-4, 1e-3, 2e-3, 4e-3, 8e-3)
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}
CLAIMS = (
    {"kind": "trend", "along": RATE, "expect": "higher", "arms": {WEIGHT: 0.0}},
    {"kind": "interaction", "along": RATE, "expect": "lower", **SIDES},
    {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
)


def arms_with(rates: list[float]) -> tuple[NamedArm, ...]:
    """Named arms that add rates to the grid, each with both weights."""
    return tuple(
        NamedArm(name=f"arm{at}", set={RATE: rate}, axes={WEIGHT: (0.0, 5.0)})
        for at, rate in enumerate(rates)
    )


def ruled(study: Any, results: Any) -> list[tuple[Any, ...]]:
    """What the judge says of every claim, its order of levels included."""
    return [
        (v.verdict, v.effect, v.p_holm, v.interval, v.sentence, v.details["levels"])
        for v in judge(study, results)
    ]


@given(
    order=st.permutations(RATES),
    n_named=st.integers(0, len(RATES) - 1),
    seed=st.integers(0, 1000),
)
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_values_that_named_arms_add_in_any_order_change_no_verdict(
    order: list[float], n_named: int, seed: int, make_study, make_results
) -> None:
    """Of one axis in sorted order: the same effects, p, intervals, sentences."""

    def told(run: Any) -> str:
        at = RATES.index(run.arm.assignment[RATE])
        chance = (hash((seed, run.replicate, at, run.arm.assignment[WEIGHT])) % 97) / 97
        return "stalled" if chance < 0.15 + 0.15 * at else "healthy"

    whole = make_study(*CLAIMS, axes={RATE: RATES, WEIGHT: (0.0, 5.0)})
    cut = len(order) - n_named
    mixed = make_study(
        *CLAIMS, axes={RATE: tuple(order[:cut]), WEIGHT: (0.0, 5.0)}, arms=arms_with(order[cut:])
    )
    assert ruled(mixed, make_results(mixed, told)) == ruled(whole, make_results(whole, told))


def test_a_failure_rate_that_rises_with_the_rate_is_supported_whichever_arm_adds_the_lowest(
    make_study, make_results
) -> None:
    """Rates 1e-3 and 2e-3 on the axis, 1e-4 by a named arm: a strict rise."""
    study = make_study(
        CLAIMS[0], axes={RATE: (1e-3, 2e-3), WEIGHT: (0.0, 5.0)}, arms=arms_with([1e-4])
    )
    failing = {1e-4: 1, 1e-3: 3, 2e-3: 5}
    rows = lambda run: "stalled" if run.replicate < failing[run.arm.assignment[RATE]] else "healthy"  # noqa: E731
    (verdict,) = judge(study, make_results(study, rows))
    assert verdict.details["levels"] == [1e-4, 1e-3, 2e-3]
    assert verdict.effect == pytest.approx(1 / 3)  # a third of the six replicates, at each step
    assert verdict.p == 2 / 2**4  # four replicates rise; the one that always fails does not


def test_a_stretch_joins_values_that_are_next_to_each_other_in_size(
    make_study, make_results
) -> None:
    """1e-4 and 1e-3 train, 2e-3 fails: two in a row, wherever 1e-4 stands in the file."""
    study = make_study(
        CLAIMS[2], axes={RATE: (1e-3, 2e-3), WEIGHT: (0.0, 5.0)}, arms=arms_with([1e-4])
    )
    bad = {5.0: [2e-3], 0.0: [1e-4, 1e-3, 2e-3]}
    rows = lambda run: (  # noqa: E731
        "stalled" if run.arm.assignment[RATE] in bad[run.arm.assignment[WEIGHT]] else "healthy"
    )
    (verdict,) = judge(study, make_results(study, rows))
    assert verdict.details["mean_length"] == {"treatment": 2.0, "control": 0.0}
