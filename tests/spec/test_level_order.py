"""The order of an axis's values: numbers by size, anything else as the study file has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.errors import Problem
from vistab.plan import make_plan
from vistab.spec.grid import in_order
from vistab.spec.load import load_study
from vistab.spec.study import Study

TEXT = """\
study: small
target: {kind: ring}
family: {kind: gan}
replicates: 6
axes:
  optimizer.learning_rate: [4e-3, 1e-3]
  family.batch_norm: [true, false]
  family.loss: [non_saturating, minimax]
  optimizer.betas: [[0.5, 0.999], [0, 0.9]]
arms:
  - {name: middle, set: {optimizer.learning_rate: 2e-3},
     axes: {family.batch_norm: [true, false], optimizer.betas: [[0.5, 0.999], [0, 0.9]]}}
claims:
"""
TREND = "  - {id: A, says: s, kind: trend, along: AXIS, expect: higher}\n"
REGION = """\
  - {id: A, says: s, kind: stable_region, along: AXIS, expect: wider,
     treatment: {optimizer.betas: [0, 0.9]}, control: {optimizer.betas: [0.5, 0.999]}}
"""


@pytest.fixture
def planned(write: Callable[[str], Path]) -> Callable[[str], Any]:
    return lambda text: make_plan(load_study(write(text)))


def test_every_column_has_its_values_in_order(planned: Callable[[str], Any]) -> None:
    levels = planned(TEXT + TREND.replace("AXIS", "optimizer.learning_rate")).grid.levels
    assert levels["optimizer.learning_rate"] == (1e-3, 2e-3, 4e-3)
    assert levels["family.batch_norm"] == (True, False)
    assert levels["family.loss"] == ("non_saturating", "minimax")
    assert levels["optimizer.betas"] == ((0.5, 0.999), (0.0, 0.9))


@given(st.lists(st.one_of(st.integers(-5, 5), st.floats(-5, 5))))
def test_numbers_are_sorted_and_each_is_there_once(values: list[float]) -> None:
    assert list(in_order(values)) == sorted(set(values))


@given(st.lists(st.one_of(st.booleans(), st.sampled_from("dcba"), st.none())))
def test_what_is_no_number_keeps_its_place(values: list[Any]) -> None:
    assert in_order(values) == tuple(dict.fromkeys(values))


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        ("optimizer.learning_rate", ()),
        ("family.batch_norm", ("A runs along family.batch_norm in this order: true, false",)),
        (
            "family.loss",
            ("A runs along family.loss in this order: 'non_saturating', 'minimax'",),
        ),
        (
            "optimizer.betas",
            ("A runs along optimizer.betas in this order: [0.5, 0.999], [0, 0.9]",),
        ),
    ],
)
def test_an_order_that_is_the_file_s_alone_is_said(
    axis: str, told: tuple[str, ...], planned: Callable[[str], Any]
) -> None:
    assert planned(TEXT + TREND.replace("AXIS", axis)).notes == told


@pytest.mark.parametrize(
    ("axis", "holds"),
    [
        ("family.batch_norm", "true, false"),
        ("family.loss", "'non_saturating', 'minimax'"),
    ],
)
def test_a_stretch_of_values_that_are_no_numbers_is_refused(
    axis: str, holds: str, problems: Callable[[str], tuple[Problem, ...]]
) -> None:
    (problem,) = problems(TEXT + REGION.replace("AXIS", axis))
    assert str(problem).split(":14: ")[1] == (
        f"claims[0].along: must be an axis of numbers, since {axis} gives its values no "
        f"neighbours, '{axis}' got; it holds {holds}; kind: rate compares shares of runs"
    )


def test_a_stretch_of_numbers_is_not(load: Callable[[str], Study]) -> None:
    """Also of whole ones; learning rates that a named arm adds belong to it."""
    assert load(TEXT + REGION.replace("AXIS", "optimizer.learning_rate")).claims
