"""A frontier's interval holds it as often as it says, though what was seen chose the values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from vistab.analysis.search import frontiers
from vistab.analysis.stats.frontier import Point, frontier_interval, replicates_for_ends
from vistab.plan.frontier import bracket_of, middle
from vistab.plan.trials import Told, Trial
from vistab.spec.search import FrontierSearch, Range

LR, WEIGHT = "optimizer.learning_rate", "family.regularizer.weight"
RANGE = Range(scale="log", low=1e-3, high=1.0)
ALPHA = 0.1


def search_for(rate: float, steps: int = 6, **given) -> FrontierSearch:
    return FrontierSearch(
        kind="frontier", along={LR: RANGE}, failure_rate=rate, steps=steps, replicates=8, **given
    )


def bisected(search: FrontierSearch, failing, generator: np.random.Generator) -> list[Trial]:
    """One bisection in which runs fail with the chance `failing(value)`."""
    chain: list[Trial] = []
    for number in range(search.steps):
        value = middle(RANGE, bracket_of(search, chain), whole=False)
        failed = int(generator.binomial(search.replicates, failing(value)))
        chain.append(Trial(number, {LR: value}, Told(failed, search.replicates, 0.0)))
    return chain


@pytest.mark.parametrize("rate", [0.25, 0.5])
@pytest.mark.parametrize("steepness", [0.5, 2.0, 50.0])
def test_the_interval_holds_the_frontier_as_often_as_it_says(rate: float, steepness: float) -> None:
    """For flat and steep failure curves; its ends are found often enough to be of use."""
    generator, n_searches = np.random.default_rng(7), 500
    search, truth = search_for(rate), 0.05
    shift = math.log(rate / (1 - rate))
    missed, closed = 0, 0
    for _ in range(n_searches):

        def failing(value: float) -> float:
            return 1 / (1 + math.exp(-min(50, steepness * math.log(value / truth) + shift)))

        (found,) = frontiers(search, bisected(search, failing, generator), ALPHA)
        low, high = found.interval
        missed += (low is not None and low > truth) or (high is not None and high < truth)
        closed += high is not None
    assert missed / n_searches <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / n_searches)
    if steepness == 50.0:
        assert closed / n_searches > 0.9


def test_ends_are_the_outermost_values_that_exact_tests_tell_from_the_rate() -> None:
    points = [Point(1.0, 0, 10), Point(2.0, 1, 10), Point(4.0, 5, 10), Point(8.0, 10, 10)]
    assert frontier_interval(points, 0.5, 0.2) == (2.0, 8.0)
    assert binomtest(1, 10, 0.5, alternative="less").pvalue <= 0.2 / 4
    assert frontier_interval(points, 0.5, 0.04) == (1.0, 8.0)
    assert binomtest(1, 10, 0.5, alternative="less").pvalue > 0.04 / 4
    assert frontier_interval(points[2:3], 0.5, 0.1) == (None, None)
    assert frontier_interval([], 0.5, 0.1) == (None, None)


def test_every_value_has_its_own_frontier() -> None:
    """And what crashed is no evidence."""
    search = search_for(0.5, steps=2, per={WEIGHT: (0.0, 5.0)})
    trials = [
        Trial(0, {WEIGHT: 0.0, LR: 0.03}, Told(8, 8, 0.0)),
        Trial(1, {WEIGHT: 5.0, LR: 0.03}, Told(0, 8, 0.0)),
        Trial(2, {WEIGHT: 0.0, LR: 0.005}, crashed=True),
        Trial(3, {WEIGHT: 5.0, LR: 0.2}, Told(4, 8, 0.0)),
    ]
    without, with_it = frontiers(search, trials, ALPHA)
    assert (without.of, with_it.of) == ({WEIGHT: 0.0}, {WEIGHT: 5.0})
    assert (without.bracket.stable, without.bracket.unstable) == (None, 0.03)
    assert (with_it.bracket.stable, with_it.bracket.unstable) == (0.2, None)
    assert without.interval == (None, 0.03)
    assert with_it.interval == (0.03, None)
    assert [len(one.points) for one in (without, with_it)] == [1, 2]


@pytest.mark.parametrize(("rate", "steps"), [(0.5, 6), (0.25, 4), (0.9, 3)])
def test_fewer_replicates_than_named_find_no_end(rate: float, steps: int) -> None:
    """And as many as named find one where the runs agree."""
    for at, all_fail in enumerate((False, True)):
        n = replicates_for_ends(rate, steps, ALPHA)[at]
        for replicates, found in ((n - 1, False), (n, True)):
            points = [Point(1.0, replicates * all_fail, replicates)] * steps
            assert (frontier_interval(points, rate, ALPHA)[at] is not None) == found
