"""Whole simulated studies through the judge: the rows of docs/calibration.md, with fewer studies.

Seeds are fixed, and the studies are the first ones of those on the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import pytest
from lab.checks import AT_MARGIN, BEYOND, FAMILY, INTERVALS, NO_EFFECT
from lab.kinds import DIFFERENCES
from lab.page import Rate, beyond, checks_of, rate_of
from lab.planted import SUPPORTED, TOLERANCE, foretold
from lab.pool import tallies
from lab.rivals import errors
from lab.scenarios import PLANTED, SCENARIOS
from lab.studies import Tally, tally

FEW, MANY = 18, 600
SURE = 0.998
"""Level of binomial intervals: one end misses by chance once in a thousand."""

QUICK = [name for name, scenario in SCENARIOS.items() if not scenario.slow]
SLOW = [name for name, scenario in SCENARIOS.items() if scenario.slow]


@cache
def few(name: str) -> Tally:
    return tally(SCENARIOS[name], range(FEW))


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)])
def test_nothing_happens_more_often_than_it_may(name):
    found = few(name)
    assert len(found) == FEW
    for check in SCENARIOS[name].checks:
        assert not beyond(check, rate_of(check, found), SURE), check.counted


@pytest.mark.parametrize("name", QUICK)
def test_the_simulated_truth_is_the_one_that_is_stated(name):
    """Of five standard errors; where the truth is that nothing differs, nothing may."""
    for truth, effects in zip(SCENARIOS[name].effects, few(name).effects.T, strict=True):
        seen = effects[~np.isnan(effects)]
        if truth is not None and len(seen):
            assert abs(seen.mean() - truth) <= 5 * seen.std() / np.sqrt(len(seen)) + 1e-9


def pooled(table: str, counted: str) -> Rate:
    rows = [
        (check, few(scenario.name))
        for scenario, check in checks_of(table)
        if check.counted == counted and not scenario.slow
    ]
    return Rate(sum(rate_of(*row).count for row in rows), FEW * len(rows))


@pytest.mark.parametrize("counted", ["supported", "refuted"])
def test_without_an_effect_few_claims_are_decided_but_some_are(counted):
    """All scenarios together tell more than each: a half of alpha is not exceeded, yet used."""
    rate = pooled(NO_EFFECT, counted)
    assert rate.interval(SURE)[0] <= 0.025
    assert rate.share > 0.002


@pytest.mark.parametrize("name", sorted({s.name for s, _ in checks_of(NO_EFFECT)} & {*QUICK}))
def test_without_an_effect_small_p_values_are_as_rare_as_they_say(name):
    """At levels where few studies tell much; at alpha, thousands do (docs/calibration.md)."""
    p = few(name).p[:, 0]
    for level in (0.1, 0.25, 0.5):
        assert Rate(int((p <= level).sum()), FEW).interval(SURE)[0] <= level


def test_of_several_untrue_claims_any_is_decided_as_seldom_as_one():
    """All families together: without Holm it would be several times as often."""
    rate = pooled(FAMILY, "any of them supported or refuted")
    assert rate.interval(SURE)[0] <= 0.05
    assert rate.count > 0


def test_every_sort_of_claim_is_tried_without_effect_and_at_its_margin():
    def sorts(table: str) -> set[str]:
        return {scenario.claims[0]["kind"] for scenario, _ in checks_of(table)}

    tested = {claim["kind"] for claim in DIFFERENCES.values()}
    assert tested <= sorts(NO_EFFECT)
    assert tested | {"equivalence", "identical"} == sorts(AT_MARGIN)


def test_intervals_have_something_to_cover():
    """An interval that is always missing, or the whole range, would pass for one that covers."""
    for scenario, _ in checks_of(INTERVALS):
        if not scenario.slow and scenario.replicates >= 10 and "all runs" not in scenario.name:
            found = few(scenario.name)
            assert np.isfinite(found.high - found.low).all()
            assert (found.low < found.effects).all()
            assert (found.effects < found.high).all()


def as_foretold(name: str, found: Tally) -> bool:
    """Within the tolerance, as far as so many studies can tell."""
    told = foretold(PLANTED[name])
    low, high = rate_of(SUPPORTED, found).interval(SURE)
    assert 0.2 < told < 0.95, "neither always nor never supported would pass"
    return low - TOLERANCE <= told <= high + TOLERANCE


def test_a_true_claim_is_supported_about_as_often_as_foretold():
    name = "rate: planted effect"
    assert as_foretold(name, few(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_power_of_every_kind_is_as_foretold(name):
    assert as_foretold(name, tally(PLANTED[name], range(MANY)))


def test_a_mean_effect_of_0_made_of_unlike_effects_is_no_null_of_the_test():
    """It is supported far too often for a null: the page says that nothing is promised here."""
    name = "rate: mean 0, seldom much worse"
    (supported,) = (c for c in SCENARIOS[name].checks if c.counted == "supported")
    assert supported.allowed is None
    assert supported.table == BEYOND
    assert rate_of(supported, tally(SCENARIOS[name], range(100))).interval(SURE)[0] > 0.025


def test_an_inverted_sign_flip_test_would_call_a_difference_equivalent():
    """In the 0.9 ** 10 of studies in which no replicate differs; the betting interval does not."""
    n = 300
    counted = errors(n)
    missed, called = (Rate(count, n) for count in counted["sign-flip test, inverted"])
    for rate in (missed, called):
        low, high = rate.interval(SURE)
        assert low < 0.9**10 < high
    assert counted["betting interval (vistab)"] == (0, 0)


def same(a: Tally, b: Tally) -> bool:
    fields: Iterable[str] = vars(a)
    return all(np.array_equal(getattr(a, f), getattr(b, f), equal_nan=f != "words") for f in fields)


def test_results_do_not_depend_on_the_number_of_workers():
    names = ["rate: rare", "6 claims, 2 of them void"]
    together = tallies(names, 6, workers=2, at_a_time=4)
    for name in names:
        assert same(together[name], tally(SCENARIOS[name], range(6)))


def test_studies_of_a_scenario_differ():
    found = few("score, healthy runs")
    assert len(np.unique(found.effects)) == FEW
