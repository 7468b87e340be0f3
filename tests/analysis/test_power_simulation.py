"""Simulated runs have the shares, the correlation and the effect that were asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from vistab.analysis import pool as pool_module
from vistab.analysis.claims import KINDS
from vistab.analysis.pool import chances_with_mean, pool_of
from vistab.analysis.simulate import MODELS, CannotSimulate, simulated_runs
from vistab.analysis.stats.order import longest_stretch
from vistab.analysis.stats.probit import (
    correlated_normals,
    mean_longest_stretch,
    mean_time,
    net_share_won,
    share_with_mean_time,
)
from vistab.plan import make_plan

pytestmark = pytest.mark.usefixtures("small_pools")

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
SEVERITY = {"metric": "severity"}

EFFECTS = {
    "rate lower": (0.2, {"kind": "rate", "expect": "lower", **SIDES}),
    "rate of one outcome": (
        0.2,
        {"kind": "rate", "outcome": "stalled", "expect": "higher", **SIDES},
    ),
    "rate of health": (0.3, {"kind": "rate", "outcome": "healthy", "expect": "higher", **SIDES}),
    "rate, contrary": (-0.2, {"kind": "rate", "expect": "lower", **SIDES}),
    "rate, not higher": (-0.1, {"kind": "rate", "expect": "not_higher", "margin": 0.1, **SIDES}),
    "onset later": (15, {"kind": "onset", "event": "failure", "expect": "later", **SIDES}),
    "onset sooner": (20, {"kind": "onset", "event": "convergence", "expect": "sooner", **SIDES}),
    "onset so soon that all converge": (
        55,
        {"kind": "onset", "event": "convergence", "expect": "sooner", **SIDES},
    ),
    "score": (0.3, {"kind": "score", "metric": "final_coverage", "expect": "higher", **SIDES}),
    "score, worse": (
        0.3,
        {"kind": "score", "given": "ranked", **SEVERITY, "expect": "higher", **SIDES},
    ),
    "score without bounds": (
        0.3,
        {"kind": "score", "given": "ranked", "metric": "final_spread", "expect": "higher", **SIDES},
    ),
    "score given healthy": (
        0.2,
        {"kind": "score", **SEVERITY, "given": "healthy", "expect": "lower", **SIDES},
    ),
    "trend": (0.2, {"kind": "trend", "outcome": "failed", "along": STEPS, "expect": "higher"}),
    "trend of modes": (
        0.7,
        {"kind": "trend", "metric": "final_modes", "along": RATE, "expect": "lower"},
    ),
    "interaction across": (
        0.3,
        {
            "kind": "interaction",
            "outcome": "failed",
            "across": {STEPS: (5, 1)},
            "expect": "lower",
            **SIDES,
        },
    ),
    "interaction along": (
        0.1,
        {"kind": "interaction", **SEVERITY, "along": STEPS, "expect": "higher", **SIDES},
    ),
    "stable region wider": (
        0.8,
        {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
    ),
    "stable region narrower": (
        0.4,
        {"kind": "stable_region", "along": RATE, "expect": "narrower", **SIDES},
    ),
    "equivalence": (0.1, {"kind": "equivalence", "outcome": "failed", "margin": 0.3, **SIDES}),
    "equivalence of a metric": (0.0, {"kind": "equivalence", **SEVERITY, "margin": 0.3, **SIDES}),
    "several controls": (
        0.3,
        {
            "kind": "rate",
            "expect": "lower",
            "treatment": {WEIGHT: 5, STEPS: 1},
            "control": ({WEIGHT: 0, STEPS: 1}, {WEIGHT: 0, STEPS: 2}),
        },
    ),
}
SIGNS = {"lower": -1, "sooner": -1, "narrower": -1, "not_higher": -1}


@pytest.fixture
def simulate(make_study):
    """simulate(claim, effect, replicates=...): the plan, the claim and the simulated runs."""

    def make(claim, effect, replicates=1000, seed=0, **assume):
        study = make_study({**claim, "assume": assume or None}, replicates=replicates)
        plan = make_plan(study)
        generator = np.random.default_rng(seed)
        return plan, study.claims[0], simulated_runs(plan, study.claims[0], effect, generator)

    return make


@pytest.mark.parametrize("correlation", [pytest.param(0.0, marks=pytest.mark.slow), 0.7])
@pytest.mark.parametrize("name", EFFECTS)
def test_the_mean_effect_is_the_one_asked_for(make_study, name, correlation, monkeypatch):
    """In the pool as it was drawn, within its standard error; exactly once chances are tilted."""
    monkeypatch.setattr(pool_module, "MOST", pool_module.FEWEST)
    effect, claim = EFFECTS[name]
    study = make_study({**claim, "assume": {"control": 0.4, "correlation": correlation}})
    pool = pool_of(make_plan(study), study.claims[0], effect, seed=3)
    true = SIGNS.get(claim.get("expect"), 1) * effect
    for effects in pool.effects.T:
        known = ~np.isnan(effects)
        error = np.nanstd(effects) / np.sqrt(known.sum())
        assert np.nanmean(effects) == pytest.approx(true, abs=4 * error)
        weighted = np.average(effects[known], weights=pool.chances[known])
        assert weighted == pytest.approx(true, abs=1e-9 + error / 20)
    low, high = pool.bounds
    assert np.nanmin(pool.effects) >= low
    assert np.nanmax(pool.effects) <= high


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_shares_and_correlation_are_those_assumed(simulate, correlation):
    """Two runs of one replicate fail together as often as two such normals lie below."""
    claim = {"kind": "rate", "expect": "lower", **SIDES}
    plan, _, runs = simulate(claim, 0.2, control=0.7, correlation=correlation)
    arms = {run.run_id: run.arm for run in plan.runs}
    failed = (runs["outcome"] != "healthy").astype(float)
    weight = runs.index.map(lambda run: arms[run].assignment[WEIGHT])
    assert failed.groupby(weight).mean().to_dict() == pytest.approx({0.0: 0.7, 5.0: 0.5}, abs=0.05)
    arm_ids = runs.index.map(lambda run: arms[run].arm_id)
    wide = failed.to_frame("failed").assign(arm=arm_ids, replicate=runs["replicate"])[weight == 0]
    by_arm = wide.pivot_table("failed", "replicate", "arm").to_numpy()
    together = np.mean([np.mean(a * b) for a, b in itertools.combinations(by_arm.T, 2)])
    bar, cov = ndtri(0.7), [[1, correlation], [correlation, 1]]
    expected = 0.7 if correlation == 1 else multivariate_normal.cdf([bar, bar], cov=cov)
    assert together == pytest.approx(expected, abs=0.05)
    apart = np.mean(by_arm[:-1, 0] * by_arm[1:, 1])  # of two replicates
    assert apart == pytest.approx(0.7**2, abs=0.05)


def test_runs_are_those_of_the_claim_and_look_like_results(simulate, make_study):
    claim = {"kind": "rate", "expect": "lower", "within": {STEPS: (1, 2)}, **SIDES}
    plan, _, runs = simulate(claim, 0.1, replicates=3)
    wanted = {run.run_id for run in plan.runs if run.arm.assignment[STEPS] < 5}
    assert set(runs.index) == wanted
    assert runs.index.is_unique
    assert set(runs["status"]) == {"finished"}
    assert set(runs["role"]) == {"confirm"}
    replicates = {run.run_id: run.replicate for run in plan.runs}
    assert all(replicates[run] == replicate for run, replicate in runs["replicate"].items())


def test_the_same_generator_gives_the_same_runs(simulate):
    claim = {"kind": "score", "given": "ranked", "metric": "severity", "expect": "lower", **SIDES}
    _, _, one = simulate(claim, 0.2, replicates=4, seed=1)
    _, _, same = simulate(claim, 0.2, replicates=4, seed=1)
    _, _, other = simulate(claim, 0.2, replicates=4, seed=2)
    assert one.equals(same)
    assert not one.equals(other)


def test_times_are_uniform_up_to_the_budget(simulate):
    """Three in four of the control's runs fail within 100 rounds, as often early as late."""
    claim = {"kind": "onset", "event": "failure", "expect": "later", **SIDES}
    plan, _, runs = simulate(claim, 10.0, control=0.75, correlation=0.0)
    control = [run.run_id for run in plan.runs if run.arm.assignment[WEIGHT] == 0]
    onset = runs.loc[control, "onset_round"]
    assert onset.notna().mean() == pytest.approx(0.75, abs=0.02)
    assert onset.quantile([0.25, 0.5, 0.75]).tolist() == pytest.approx([25, 50, 75], abs=2)
    assert ((runs["outcome"] == "healthy") == runs["onset_round"].isna()).all()


def test_values_of_a_metric_are_spread_over_its_bounds(simulate):
    claim = {"kind": "equivalence", "metric": "severity", "margin": 0.1, **SIDES}
    _, _, runs = simulate(claim, 0.0)
    quantiles = runs["severity"].quantile([0.1, 0.5, 0.9]).tolist()
    assert quantiles == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


IMPOSSIBLE = [
    (
        "rate lower",
        0.1,
        {"control": 0.05},
        "a share of 0.05 cannot fall by 0.1; set assume.control",
    ),
    ("rate of one outcome", 0.6, {}, "a share of 0.5 cannot rise by 0.6; set assume.control"),
    ("trend", 0.3, {}, "a share of 0.5 cannot rise by 0.6; set assume.control"),
    (
        "interaction along",
        0.3,
        {},
        "a mean at 0.5 of severity's range cannot rise by 0.6; set assume.control",
    ),
    ("onset later", 30, {}, "a mean time of 75 of 100 rounds cannot rise by 30"),
    ("onset sooner", 75, {}, "a mean time of 75 of 100 rounds cannot fall by 75"),
    ("stable region wider", 2, {"correlation": 0}, "stretch of 1.38 of 3 values cannot rise by 2"),
    ("score, worse", 0.6, {}, "with 0.5 of the control's runs failing cannot fall by 0.6"),
    ("score, worse", 0.2, {"correlation": 1}, "with assume.correlation 1 all pairs end alike"),
]


@pytest.mark.parametrize(("name", "effect", "assume", "reason"), IMPOSSIBLE)
def test_an_effect_that_cannot_be_is_refused_in_words(simulate, name, effect, assume, reason):
    with pytest.raises(CannotSimulate) as refused:
        simulate(EFFECTS[name][1], effect, replicates=2, **assume)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ({"kind": "identical", "vary": WEIGHT}, "it is exact: any difference refutes it"),
        (
            {"kind": "trend", "metric": "final_spread", "along": STEPS, "expect": "lower"},
            "final_spread has no known bounds",
        ),
    ],
)
def test_claims_without_a_model_say_why(simulate, claim, reason):
    with pytest.raises(CannotSimulate, match=reason):
        simulate(claim, 0.1, replicates=2)


def test_an_effect_of_the_whole_share_can_be(simulate):
    claim = {"kind": "rate", "expect": "lower", **SIDES}
    plan, _, runs = simulate(claim, 0.1, control=0.1)
    treated = [run.run_id for run in plan.runs if run.arm.assignment[WEIGHT] == 5]
    assert (runs.loc[treated, "outcome"] == "healthy").all()


def test_every_kind_but_the_exact_one_has_a_model():
    assert MODELS.keys() == KINDS.keys() - {"identical"}
    assert {claim["kind"] for _, claim in EFFECTS.values()} == MODELS.keys()


@pytest.mark.parametrize("n_levels", [1, 2, 5])
def test_the_mean_longest_stretch_is_that_of_counting(n_levels):
    """Without correlation, over all patterns; with 1, all runs end alike."""
    for share in (0.0, 0.2, 0.7, 1.0):
        counted = sum(
            longest_stretch(np.array(runs)) * np.prod(np.where(runs, 1 - share, share))
            for runs in itertools.product((True, False), repeat=n_levels)
        )
        assert mean_longest_stretch(share, n_levels, 0.0) == pytest.approx(counted)
        alike = n_levels * (1 - share)
        assert mean_longest_stretch(share, n_levels, 1.0) == pytest.approx(alike, abs=1e-9)


def test_numbers_of_the_normal_model_are_those_of_simulation():
    generator = np.random.default_rng(4)
    normals = correlated_normals(np.repeat(np.arange(100_000), 4), 0.6, generator).reshape(-1, 4)
    lengths = [longest_stretch(row) for row in normals > ndtri(0.3)]
    assert np.mean(lengths) == pytest.approx(mean_longest_stretch(0.3, 4, 0.6), abs=0.03)
    better, other = np.maximum(normals[:, 0] + 0.4, -0.5), np.maximum(normals[:, 1], -0.5)
    won = np.mean(np.sign(better - other))
    failing = 0.3085375  # the share below -0.5
    assert won == pytest.approx(net_share_won(0.4, failing, 0.6), abs=0.01)


def test_pairs_are_won_as_often_as_lost_without_a_shift():
    assert net_share_won(0.0, 0.3, 0.6) == pytest.approx(0)
    assert net_share_won(9.0, 0.3, 0.6) == pytest.approx(1)
    assert net_share_won(-9.0, 0.3, 0.6) == pytest.approx(-0.7)  # three in ten tie: both failed


@pytest.mark.parametrize("mean", [10.0, 50.0, 80.0, 100.0])
def test_a_share_and_its_mean_time_go_together(mean):
    share = share_with_mean_time(mean, 100.0)
    assert mean_time(share, 100.0) == pytest.approx(mean)
    if share > 0:
        times = np.minimum(100 / share * (np.arange(1000) + 0.5) / 1000, 100)
        assert times.mean() == pytest.approx(mean, abs=0.1)


def test_tilted_chances_have_the_mean_and_stay_chances():
    effects = np.array([[0.0, 1.0], [1.0, np.nan], [0.5, 0.0], [0.25, 0.5], [0.5, 1.0]])
    chances = chances_with_mean(effects, 0.5)
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()
    assert chances @ effects[:, 0] == pytest.approx(0.5)
    alike = chances_with_mean(np.full((4, 1), 0.3), 0.3)
    assert alike == pytest.approx(np.full(4, 0.25))
