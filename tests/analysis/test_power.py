"""Power: against exact enumeration, and as it must move with what it depends on."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import binomtest

from vistab.analysis.power import ENOUGH, MOST_REPLICATES, level_of, power_of
from vistab.analysis.stats.betting import betting_interval
from vistab.plan import make_plan

pytestmark = pytest.mark.usefixtures("small_pools")

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
LOWER = {"kind": "rate", "expect": "lower", "margin": 0.3, **SIDES}
ONE_CELL = {"within": {RATE: 1e-3, STEPS: 1}}
INDEPENDENT = {"control": 0.6, "correlation": 0.0}
PAGE = (Path(__file__).parents[2] / "docs" / "power.md").read_text(encoding="utf-8")


@pytest.fixture
def power(make_study):
    """power(claim, ..., replicates=..., asked=...): of the first claim, asked by `power_of`."""

    def find(claim, *others, replicates=8, seed=0, **asked):
        study = make_study(claim, *others, replicates=replicates, seed=seed)
        return power_of(make_plan(study), study.claims[0], **asked)

    return find


def signs_of(n):
    """All (lower, higher) counts among n differences of -1, 0 or 1."""
    return [(a, b) for a, b in itertools.product(range(n + 1), repeat=2) if a + b <= n]


def exact_power(n, treatment, control, supported):
    """The chance of (lower, higher) counts that are `supported`: pairs of independent runs."""
    better, worse = control * (1 - treatment), treatment * (1 - control)
    same = 1 - better - worse
    return sum(
        math.comb(n, a) * math.comb(n - a, b) * better**a * worse**b * same ** (n - a - b)
        for a, b in signs_of(n)
        if supported(a, b)
    )


def sign_test(lower, higher):
    """Two-sided p of the sign test: which way the pairs that differ fell."""
    return binomtest(lower, lower + higher).pvalue if lower + higher else 1.0


@pytest.mark.parametrize(("n", "effect"), [(6, 0.5), (9, 0.3), (20, 0.3), (20, 0.0)])
def test_one_cell_of_independent_runs_has_the_power_of_the_sign_test(power, n, effect):
    claim = {**LOWER, "margin": 0, **ONE_CELL, "assume": INDEPENDENT}
    found = power(claim, replicates=n, effect=effect, n_studies=10_000, with_enough=False)
    exact = exact_power(n, 0.6 - effect, 0.6, lambda a, b: a > b and sign_test(a, b) <= 0.05)
    assert found.power == pytest.approx(exact, abs=4 * found.standard_error + 1e-3)


def test_a_margin_costs_what_the_interval_says(power):
    """Supported only where the interval still reaches the margin of 0.9, above the truth."""
    claim = {**LOWER, "margin": 0.9, **ONE_CELL, "assume": INDEPENDENT}

    def supported(a, b):
        differences = [1.0] * a + [-1.0] * b + [0.0] * (20 - a - b)
        reaches = betting_interval(differences, (-1.0, 1.0), 0.05)[1] >= 0.9
        return reaches and a > b and sign_test(a, b) <= 0.05

    found = power(claim, replicates=20, effect=0.45, n_studies=10_000, with_enough=False)
    exact = exact_power(20, 0.15, 0.6, supported)
    assert exact < exact_power(20, 0.15, 0.6, lambda a, b: a > b and sign_test(a, b) <= 0.05) - 0.05
    assert found.power == pytest.approx(exact, abs=4 * found.standard_error + 1e-3)


def test_non_inferiority_has_the_power_of_its_interval(power):
    claim = {**LOWER, "expect": "not_higher", "margin": 0.5, **ONE_CELL, "assume": INDEPENDENT}

    def supported(a, b):
        differences = [-1.0] * a + [1.0] * b + [0.0] * (12 - a - b)
        return betting_interval(differences, (-1.0, 1.0), 0.05)[1] <= 0.5

    found = power(claim, replicates=12, n_studies=10_000, with_enough=False)
    exact = exact_power(12, 0.6, 0.6, supported)
    assert 0.02 < exact < 0.98
    assert (found.effect, found.level) == (0.0, 0.05)
    assert found.power == pytest.approx(exact, abs=4 * found.standard_error + 1e-3)


CLAIMS = {
    "rate": (LOWER, 0.5),
    "onset": (
        {"kind": "onset", "event": "failure", "expect": "later", "margin": 10, **SIDES},
        24.9,
    ),
    "score": (
        {
            "kind": "score",
            "given": "ranked",
            "metric": "severity",
            "expect": "lower",
            "margin": 0.2,
            **SIDES,
        },
        0.99,
    ),
    "score given healthy": (
        {
            "kind": "score",
            "metric": "severity",
            "given": "healthy",
            "expect": "higher",
            "margin": 0.2,
            **SIDES,
        },
        0.5,
    ),
    "trend": (
        {
            "kind": "trend",
            "outcome": "failed",
            "along": STEPS,
            "expect": "higher",
            "margin": 0.1,
        },
        0.25,
    ),
    "interaction": (
        {
            "kind": "interaction",
            "metric": "severity",
            "across": {STEPS: (5, 1)},
            "expect": "lower",
            "margin": 0.2,
            **SIDES,
        },
        0.5,
    ),
    "stable_region": (
        {"kind": "stable_region", "along": RATE, "expect": "wider", "margin": 0.5, **SIDES},
        1.55,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CLAIMS)
def test_power_rises_from_below_the_level_to_certainty(power, name):
    """From no effect, to the margin, to the largest effect there can be."""
    claim, largest = CLAIMS[name]
    none, worth, all_of_it = (
        power(claim, replicates=12, effect=effect, with_enough=False).power
        for effect in (0, None, largest)
    )
    assert none <= 0.025 + 3 * math.sqrt(0.025 / 2000)  # half of the level is on this side
    assert none < worth < all_of_it
    assert all_of_it > 0.97


@pytest.mark.slow
def test_power_rises_with_replicates_and_falls_with_claims(power):
    claim = {**LOWER, **ONE_CELL}
    powers = [power(claim, replicates=n, with_enough=False).power for n in (4, 8, 16, 32, 64)]
    assert powers == sorted(powers)
    assert powers[0] == 0  # 4 replicates cannot reach p <= 0.05
    assert powers[-1] > 0.8
    alone = power(claim, replicates=16, with_enough=False)
    one_of_three = power(claim, LOWER, LOWER, replicates=16, with_enough=False)
    assert one_of_three.power < alone.power
    assert one_of_three.level == pytest.approx(alone.level / 3)


def test_more_cells_and_more_likeness_give_more_power(power):
    """Cells average each run's own luck; luck that runs share cancels in their difference."""
    asked = {"replicates": 24, "with_enough": False}
    one_cell = power({**LOWER, **ONE_CELL}, **asked).power
    nine_cells = power(LOWER, **asked).power
    alike = power({**LOWER, **ONE_CELL, "assume": {"correlation": 0.95}}, **asked).power
    assert one_cell < nine_cells
    assert one_cell < alike


def test_beating_two_controls_is_harder_than_beating_one(power):
    claim = {
        "kind": "rate",
        "expect": "lower",
        "margin": 0.3,
        "treatment": {WEIGHT: 5, STEPS: 1},
        "control": {WEIGHT: 0, STEPS: 1},
    }
    both = {**claim, "control": ({WEIGHT: 0, STEPS: 1}, {WEIGHT: 0, STEPS: 2})}
    one, two = (power(each, replicates=16, with_enough=False).power for each in (claim, both))
    assert one**2 - 0.05 < two < one - 0.02


def test_replicates_for_80_percent_are_the_fewest(power):
    claim = {**LOWER, "margin": 0.4, **ONE_CELL}
    enough = power(claim).enough
    assert 10 < enough < 60
    assert power(claim, n_replicates=enough, with_enough=False).power >= ENOUGH
    assert power(claim, n_replicates=enough - 1, with_enough=False).power < ENOUGH


def test_more_replicates_than_are_tried_are_not_guessed(power):
    found = power({**LOWER, "margin": 0.05, **ONE_CELL}, n_replicates=MOST_REPLICATES)
    assert found.enough is None
    assert found.power < ENOUGH


def test_the_same_plan_has_the_same_power_whatever_the_studys_seed(power):
    asked = {"with_enough": False}
    assert power(LOWER, seed=1, **asked) == power(LOWER, seed=2, **asked)
    few, more = (power(LOWER, n_studies=n, **asked).power for n in (500, 501))
    assert few != more


def test_without_a_margin_there_is_no_effect_to_ask_about(power):
    found = power({**LOWER, "margin": 0})
    assert (found.power, found.enough) == (None, None)
    assert found.reason == "without a margin no effect is the smallest worth having"
    assert power({**LOWER, "margin": 0}, effect=0.3).power > 0


def test_an_impossible_effect_has_a_reason_and_no_power(power):
    found = power({**LOWER, "assume": {"control": 0.05}})
    assert (found.power, found.enough, found.standard_error) == (None, None, None)
    assert found.reason == "a share of 0.05 cannot fall by 0.3; set assume.control"


def test_the_level_is_shared_by_the_claims_that_have_a_p(make_study):
    other = {**LOWER, "expect": "not_higher"}
    identical = {"kind": "identical", "vary": RATE}
    study = make_study(LOWER, LOWER, other, identical)
    plan = make_plan(study)
    assert [level_of(plan, claim) for claim in study.claims[:3]] == [0.025, 0.025, 0.05]


def test_a_pool_leaves_the_plan_alone_and_needs_only_its_claim(make_study):
    """Packs and other arms play no part in it."""
    study = make_study({**LOWER, **ONE_CELL})
    plan = make_plan(study)
    bare = replace(plan, packs=())
    assert power_of(plan, study.claims[0]) == power_of(bare, study.claims[0])


def test_the_worked_example_of_the_page_holds():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(example, {})
