# ruff: noqa: E501 - messages read better whole
"""Ranges: `{log: [lo, hi], n: k}` and `{linear: [lo, hi], n: k}`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vistab.errors import Problem
from vistab.spec.axes import sweepable_fields
from vistab.spec.families import GanFamily
from vistab.spec.problems import Problems
from vistab.spec.study import OptimizerSpec, Study
from vistab.spec.values import axis_values

FIELDS = sweepable_fields({"family": GanFamily(kind="gan"), "optimizer": OptimizerSpec()})
WEIGHT = FIELDS["family.regularizer.weight"]

MINIMAL = "study: tiny\ntarget: {kind: ring}\nfamily: {kind: gan}\naxes:\n  "


@given(
    st.sampled_from(["log", "linear"]),
    st.floats(1e-9, 1e9),
    st.floats(1e-9, 1e9),
    st.integers(2, 50),
)
def test_ranges_agree_with_numpy(kind: str, low: float, high: float, n: int) -> None:
    """geomspace and linspace to 12 digits, the ends exact."""
    assume(abs(np.log(high / low)) > 1e-6)
    problems = Problems("f", {})
    values, valid = axis_values({kind: (low, high), "n": n}, WEIGHT, ("axes",), problems)
    oracle = np.geomspace(low, high, n) if kind == "log" else np.linspace(low, high, n)
    assert valid
    np.testing.assert_allclose(values, oracle, rtol=1e-11)
    assert (values[0], values[-1]) == (low, high)


def test_decades_are_the_numbers_people_write(load: Callable[..., Study]) -> None:
    """A claim can name 1e-3 of a log range."""
    study = load(MINIMAL + "optimizer.learning_rate: {log: [1e-5, 1], n: 6}")
    assert study.axes["optimizer.learning_rate"] == (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def test_whole_number_fields_round(load: Callable[..., Study]) -> None:
    """A range on a whole-number field holds whole numbers."""
    study = load(MINIMAL + "family.generator_steps: {log: [1, 100], n: 4}")
    assert study.axes["family.generator_steps"] == (1, 5, 22, 100)


@pytest.mark.parametrize(
    ("axis", "place", "words"),
    [
        ("family.generator_steps: {log: [1, 3], n: 9}", "", "must stay distinct"),
        ("target.std: {log: [1, 1], n: 2}", "", "must stay distinct"),
        ("target.std: {log: [1e-3, 1], n: 1}", ".n", "whole number from 2 to 100,000, 1 got; nearest: 2"),
        ("target.std: {log: [1e-3, 1], n: 1000000}", ".n", "nearest: 100000"),
        ("target.std: {log: [1e-3, 1], n: true}", ".n", "true got"),
        ("target.std: {log: [1e-3, 1]}", ".n", "is required"),
        ("target.std: {log: [0, 1], n: 3}", ".log", "two numbers above 0"),
        ("target.std: {linear: [1], n: 3}", ".linear", "must be two numbers"),
        ("target.std: {linear: ['1', 2], n: 3}", ".linear", "must be two numbers"),
        ("target.std: {linear: [0, 1], n: 3}", "", "must be more than 0 (target.std), 0 got"),
        ("target.std: {log: [1, 2], linear: [1, 2], n: 3}", "", "exactly one of log and linear"),
        ("target.std: {linear: [1, 2], n: 3, m: 4}", ".m", "unknown key of a range"),
        ("family.batch_norm: {linear: [0, 1], n: 2}", "", "must be true or false"),
    ],
)  # fmt: skip
def test_what_is_no_range_is_refused(
    problems: Callable[..., tuple[Problem, ...]], axis: str, place: str, words: str
) -> None:
    """One message at the range, or at the key that is wrong."""
    (problem,) = problems(MINIMAL + axis)
    assert problem.path == f"axes.{axis.split(':')[0]}{place}"
    assert problem.line == 5
    assert words in str(problem)
