"""Holm, survival curves, slopes, stretches and power against their oracles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from statsmodels.stats.multitest import multipletests

from vistab.analysis.replicates import (
    least_half_width,
    replicates_within,
    smallest_p,
)
from vistab.analysis.stats.holm import holm
from vistab.analysis.stats.order import longest_stretch, slope_weights
from vistab.analysis.stats.survival import kaplan_meier


@pytest.mark.slow
@settings(max_examples=25, deadline=None)  # the oracle takes 60 ms a call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_equals_statsmodels(p_values: list[float]) -> None:
    oracle = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(oracle, abs=1e-12)


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == ()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 14), min_size=2, max_size=30))
def test_restricted_mean_equals_lifelines_and_the_plain_mean(times: list[int]) -> None:
    found = kaplan_meier(times, rounds=12)
    durations = np.minimum(times, 12)
    fitter = KaplanMeierFitter().fit(durations, durations < 12)
    oracle = restricted_mean_survival_time(fitter, t=12)
    assert found.restricted_mean == pytest.approx(oracle)
    assert found.restricted_mean == pytest.approx(durations.mean())


def test_survival_golden_values_by_hand() -> None:
    """Four runs: one stalled at 0, one failed at 5, two never."""
    found = kaplan_meier([0, 5, 10, 10], rounds=10)
    assert found.rounds.tolist() == [0, 5, 10]
    assert found.survival == pytest.approx([0.75, 0.5, 0.5])
    assert np.all(found.low <= found.survival)
    assert np.all(found.survival <= found.high)


@pytest.mark.parametrize("times", [[10, 10, 10], [0, 0, 0], [3, 3, 3], [7]])
def test_survival_bands_are_numbers_even_where_nothing_varies(times: list[int]) -> None:
    found = kaplan_meier(times, rounds=10)
    assert np.all(np.isfinite([found.low, found.high]))
    assert np.all((found.low >= 0) & (found.high <= 1))


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=7))
def test_slope_equals_polyfit(values: list[float]) -> None:
    oracle = np.polyfit(np.arange(len(values)), values, 1)[0]
    assert slope_weights(len(values)) @ np.array(values) == pytest.approx(oracle, abs=1e-9)


@given(st.lists(st.booleans(), max_size=12))
def test_longest_stretch_equals_the_longest_part_between_failures(healthy: list[bool]) -> None:
    text = "".join("x" if value else " " for value in healthy)
    assert longest_stretch(healthy) == max(map(len, text.split()), default=0)


def test_smallest_p_is_two_in_two_to_the_n() -> None:
    assert smallest_p(1) == 1
    assert smallest_p(6) == pytest.approx(0.03125)


def test_more_replicates_narrow_the_interval_where_nothing_differs() -> None:
    """Strictly, and on the scale of the values."""
    widths = [least_half_width(n, 1.0, 0.05) for n in range(1, 60)]
    assert all(a > b for a, b in pairwise(widths[1:]))
    assert least_half_width(20, 8.0, 0.05) == pytest.approx(8 * widths[19])


@pytest.mark.parametrize("margin", [0.05, 0.15, 0.5])
def test_replicates_within_a_margin_are_as_few_as_will_do(margin: float) -> None:
    enough = replicates_within(margin, 1.0, 0.05)
    assert enough is not None
    assert least_half_width(enough, 1.0, 0.05) <= margin < least_half_width(enough - 1, 1.0, 0.05)
    assert replicates_within(1e-9, 1.0, 0.05) is None
