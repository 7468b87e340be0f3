"""The betting interval: its definition, and what must hold for any values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.stats.betting import STAKES, betting_interval, capital

VALUES = st.lists(st.floats(-1, 1), min_size=1, max_size=12)
BOUNDS = (-1.0, 1.0)


def capital_by_hand(values: list[float], mean: float) -> float:
    """One bet after the other, in plain Python."""
    total = 0.0
    for stake in STAKES:
        up = down = 1.0
        for value in values:
            up *= 1 + stake * (value / mean - 1)
            down *= 1 + stake * ((1 - value) / (1 - mean) - 1)
        total += (up + down) / 2
    return total / len(STAKES)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.05, 0.95))
def test_capital_is_what_the_bets_leave(values: list[float], mean: float) -> None:
    found = float(capital(np.array(values), mean))
    assert found == pytest.approx(capital_by_hand(values, mean), rel=1e-9)


@given(VALUES, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_interval_holds_the_mean_and_ends_where_capital_reaches_the_threshold(
    values: list[float], alpha: float
) -> None:
    low, high = betting_interval(values, BOUNDS, alpha)
    assert -1 <= low <= np.mean(values) + 1e-9
    assert np.mean(values) - 1e-9 <= high <= 1
    assert high - low > 0.01
    unit = (np.array(values) + 1) / 2
    for end in ((low + 1) / 2, (high + 1) / 2):
        if 1e-6 < end < 1 - 1e-6:
            assert capital(unit, end) * alpha == pytest.approx(1, rel=1e-3)


@given(VALUES)
def test_turning_the_values_turns_the_interval(values: list[float]) -> None:
    low, high = betting_interval(values, BOUNDS, 0.05)
    turned = betting_interval([-v for v in values], BOUNDS, 0.05)
    assert turned == pytest.approx((-high, -low), abs=1e-6)


@given(VALUES, st.randoms())
def test_the_order_of_values_does_not_matter(values: list[float], random) -> None:
    shuffled = betting_interval(random.sample(values, len(values)), BOUNDS, 0.05)
    assert shuffled == pytest.approx(betting_interval(values, BOUNDS, 0.05), abs=1e-9)


@given(VALUES)
def test_a_wider_scale_gives_the_same_interval_scaled(values: list[float]) -> None:
    low, high = betting_interval(values, BOUNDS, 0.05)
    scaled = betting_interval([600 * v for v in values], (-600, 600), 0.05)
    assert scaled == pytest.approx((600 * low, 600 * high), abs=1e-4)


@given(VALUES)
def test_more_confidence_gives_a_wider_interval(values: list[float]) -> None:
    narrow, wide = (betting_interval(values, BOUNDS, alpha) for alpha in (0.2, 0.01))
    assert wide[0] <= narrow[0]
    assert narrow[1] <= wide[1]


@pytest.mark.parametrize("value", [-1.0, 0.0, 0.9, 1.0])
def test_equal_values_still_leave_a_width_that_shrinks_with_their_number(value: float) -> None:
    widths = [np.diff(betting_interval([value] * n, BOUNDS, 0.05))[0] for n in (3, 10, 100)]
    assert widths[0] > widths[1] > widths[2] > 0.01


def test_many_values_do_not_overflow() -> None:
    low, high = betting_interval([1.0] * 5000, BOUNDS, 0.05)
    assert 0.99 < low < high == 1


@pytest.mark.parametrize("values", [[], [1.5], [-1.1, 0.0]])
def test_no_values_or_values_out_of_bounds_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="within"):
        betting_interval(values, BOUNDS, 0.05)
