"""The largest effect of every kind of claim, against brute force and against margins."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from vistab.spec.claims import CLAIMS
from vistab.spec.effects import largest_effect, largest_slope, metric_bounds, reach_of
from vistab.spec.metrics import Metric

SIDES = {"treatment": {"a.b": 1}, "control": {"a.b": 0}}
LOSS = {"loss": Metric("lower", 5.0), "free": Metric("lower")}


def claim(kind: str, **more: Any) -> Any:
    """A claim of a kind, without the keys that size does not turn on."""
    return CLAIMS[kind].model_construct(id="A", says="s", kind=kind, **more)


@pytest.mark.parametrize("n_levels", range(2, 10))
def test_no_values_in_0_to_1_have_a_steeper_slope(n_levels: int) -> None:
    """Least squares over every assignment of 0 and 1: a slope is largest at a corner."""
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=n_levels))).T
    slopes = np.polynomial.polynomial.polyfit(np.arange(n_levels), corners, 1)[1]
    assert largest_slope(n_levels) == pytest.approx(slopes.max())


@pytest.mark.parametrize(
    ("made", "largest"),
    [
        (claim("rate", outcome="failed"), 1),
        (claim("equivalence", outcome="failed"), 1),
        (claim("equivalence", metric="final_modes"), 8),
        (claim("equivalence", metric="final_loss"), 5),
        (claim("equivalence", metric="final_free"), None),
        (claim("onset"), 300),
        (claim("score", metric="final_modes", given="all"), 8),
        (claim("score", metric="final_modes", given="healthy"), 8),
        (claim("score", metric="final_modes", given="ranked"), 1),
        (claim("score", metric="final_free", given="ranked"), 1),
        (claim("trend", outcome="failed"), 1 / 2),
        (claim("trend", metric="best_loss"), 5 / 2),
        (claim("interaction", outcome="failed", along=None), 2),
        (claim("interaction", metric="severity", along="a.b"), 1),
        (claim("stable_region", along="a.b"), 3),
        (claim("identical"), None),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_each_kind_has_its_largest_effect(made: Any, largest: float | None) -> None:
    """Three values of an axis, 300 rounds, eight modes."""
    found = largest_effect(made, reach_of(made, LOSS, 8.0), n_levels=3, rounds=300)
    assert found == (None if largest is None else pytest.approx(largest))


def test_bounds_are_those_of_the_metric() -> None:
    assert metric_bounds("best_loss", LOSS, 8.0) == (0.0, 5.0)
    assert metric_bounds("final_free", LOSS, 8.0) is None
    assert metric_bounds("final_modes", {}, 8.0) == (0.0, 8.0)
    assert metric_bounds("severity", {}, 8.0) == (0.0, 1.0)
