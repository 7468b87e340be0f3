"""equivalence against non-inferiority, which asks the same of one side at a time."""

from __future__ import annotations

import pytest

from vistab.analysis import judge

WEIGHT = "family.regularizer.weight"
SIZE = {"axes": {WEIGHT: (0.0, 5.0)}, "replicates": 40}
SIDES = {"treatment": {WEIGHT: 5.0}, "control": {WEIGHT: 0.0}}


@pytest.mark.parametrize("margin", [0.05, 0.15, 0.25, 0.4])
@pytest.mark.parametrize("worse", [0.0, 5.0])
@pytest.mark.parametrize("n_failed", [0, 3, 10])
def test_sides_are_equivalent_if_neither_is_worse_by_more_than_the_margin(
    margin: float, n_failed: int, worse: float, judged_runs
) -> None:
    tell = lambda run: (  # noqa: E731
        "stalled" if run.arm.assignment[WEIGHT] == worse and run.replicate < n_failed else "healthy"
    )
    rules = (
        {"kind": "equivalence"},
        {"kind": "rate", "expect": "not_higher"},
        {"kind": "rate", "expect": "not_lower"},
    )
    same, not_higher, not_lower = (
        judge(*judged_runs({**rule, "margin": margin, **SIDES}, tell, **SIZE))[0] for rule in rules
    )
    assert same.interval == not_higher.interval == not_lower.interval
    both = not_higher.verdict == not_lower.verdict == "supported"
    assert (same.verdict == "supported") == both
    assert (same.verdict == "refuted") == ("refuted" in (not_higher.verdict, not_lower.verdict))
