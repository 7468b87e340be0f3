"""How two sides are compared."""

import numpy as np
import pytest

from vistab.theory.check import at_most, equal, show, show_residual


def test_equal_sides_hold_and_show_the_largest():
    """Rounding, below the tolerance, does not choose what is shown."""
    check = equal("E1", "", [1.0, -3.0, 2.0], [1.0 + 1e-13, -3.0, 2.0])
    assert check.holds
    assert (check.left, check.right) == (-3.0, -3.0)
    assert check.residual == pytest.approx(1e-13, rel=1e-2)


def test_one_unequal_pair_fails_and_is_shown():
    """Even if all the others are larger."""
    check = equal("E1", "", [[5.0, 1.0], [7.0, 8.0]], [[5.0, 1.1], [7.0, 8.0]])
    assert not check.holds
    assert (check.left, check.right) == (1.0, 1.1)


def test_at_most_shows_the_closest_pair():
    """Its residual is 0 while it holds."""
    check = at_most("E2", "", [1.0, 2.0], [5.0, 2.5])
    assert check.holds
    assert (check.left, check.right, check.residual) == (2.0, 2.5, 0.0)


def test_at_most_fails_by_how_far_the_left_is_above():
    """A side broadcasts."""
    check = at_most("E2", "", 0.0, [1.0, -0.25])
    assert not check.holds
    assert check.residual == 0.25


@pytest.mark.parametrize("compare", [equal, at_most])
@pytest.mark.parametrize("sides", [([1.0, np.nan], 1.0), ([1.0, 0.5], [1.0, np.nan])])
def test_what_is_not_a_number_never_holds(compare, sides):
    """One NaN among pairs that hold is enough."""
    assert not compare("E1", "", *sides).holds


def test_infinities_are_not_equal():
    """Nothing can be said of inf - inf."""
    with np.errstate(invalid="ignore"):
        assert not equal("E1", "", np.inf, np.inf).holds


@pytest.mark.parametrize(
    ("side", "shown"), [(-1.4e-16, "0"), (-0.0, "0"), (1.0, "1"), (-0.123456789, "-0.123457")]
)
def test_sides_are_shown_in_six_digits_without_rounding_noise(side, shown):
    """Noise differs from machine to machine."""
    assert show(side) == shown


def test_residuals_are_shown_in_one_digit():
    """And nothing as 0."""
    assert [show_residual(x) for x in (0.0, 4.4e-16, 1e-12)] == ["0", "4e-16", "1e-12"]
