"""Numbers as they are written: the same on machines that differ in the last bits."""

import json
import math
import sys
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vistab.results.numbers import DIGITS, plain, rounded

FINITE = st.floats(-1e300, 1e300)
ULPS = st.integers(-8, 8)


def moved(value: float, ulps: int) -> float:
    """The number so many floats further on, as another machine may have it."""
    for _ in range(abs(ulps)):
        value = math.nextafter(value, math.copysign(math.inf, ulps))
    return value


def at_an_edge(value: float) -> bool:
    """Whether a few floats more or less may be written as another number: halfway between two."""
    scaled = Decimal(value).scaleb(DIGITS - 1 - Decimal(value).adjusted()) if value else Decimal(0)
    return abs(abs(scaled % 1) - Decimal("0.5")) < Decimal("1e-4") or abs(value) < 1e-300


@given(FINITE, ULPS)
@example(0.327389272301115, -2)  # the edge of a survival curve's band, on two machines
@example(1 / 3, 1)
@example(0.1 + 0.2, -1)
def test_last_bits_change_nothing_that_is_written(value, ulps):
    """But for ties, which are one number in a million."""
    other = moved(value, ulps)
    if not at_an_edge(value):
        assert rounded(value) == rounded(other)


@given(FINITE)
@example(sys.float_info.max)
@example(-0.0)
@example(-1e-320)
def test_a_number_keeps_ten_digits_and_rounding_twice_is_rounding_once(value):
    """None is further off than half of the tenth digit."""
    once = rounded(value)
    assert rounded(once) == once
    assert once == pytest.approx(value, rel=0.5000001 * 10 ** (1 - DIGITS), abs=1e-300)
    assert math.copysign(1, once) == 1 or once < 0, "no zero has a sign"


def test_what_is_written_is_json_without_what_is_not_finite():
    """Arrays as lists, numpy's numbers as Python's, texts and truths as they are."""
    written = plain(
        {
            1: (np.float64(1 / 3), np.int64(2), math.nan),
            "b": [np.array([math.inf, 0.5]), True, None, "1/3", 12345678901234567],
        }
    )
    assert written == {
        "1": [0.3333333333, 2, None],
        "b": [[None, 0.5], True, None, "1/3", 12345678901234567],
    }
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_what_a_study_asked_for_keeps_its_digits():
    """Values of a range have twelve, and are looked up in the tables by equality."""
    value = 0.000464158883361
    asked = {"assignment": {"rate": value}, "levels": (value,), "effect": value}
    assert plain(asked) == {
        "assignment": {"rate": value},
        "levels": [value],
        "effect": 0.0004641588834,
    }
