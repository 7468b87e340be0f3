import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from vistab.collapse.signals import (
    SIGNALS,
    _mean_pair_products,
    _squares_by_cell,
    _squares_by_pair,
    measure,
)
from vistab.spec.metrics import SIGNAL_METRICS
from vistab.spec.targets import RingTarget
from vistab.targets import KnownModes, Target, make_target
from vistab.targets.bins import DataBins

SCALARS = set(SIGNALS)


def perfect(target: Target, rng: np.random.Generator, k: int, n: int) -> np.ndarray:
    """Snapshots [k, n, d] of a sampler that cannot be told from the target."""
    return target.sample(k * n, rng).reshape(k, n, -1).astype(float)


def on_modes(modes: KnownModes, counts: list[int], rng: np.random.Generator) -> np.ndarray:
    """One snapshot [1, n, d] with exactly these numbers of samples near each mode."""
    which = np.repeat(np.arange(len(counts)), counts)
    return (modes.centres[which] + 0.5 * modes.std * rng.normal(size=(len(which), 2)))[None]


def test_metrics_that_every_run_has_are_signals() -> None:
    """They cannot be imported where they are measured, so these names stand twice."""
    assert SIGNAL_METRICS.keys() < set(SIGNALS)


def test_the_main_mode_is_where_two_thirds_are_on_it_or_not(
    ring: Target, rng: np.random.Generator
) -> None:
    modes = ring.modes
    assert isinstance(modes, KnownModes)

    def main(*snapshot: np.ndarray) -> float:
        return float(measure(np.concatenate(snapshot)[None], modes)["main_mode"][0])

    blob = 1.3 * modes.centres[3] + 0.05 * rng.normal(size=(70, 2))  # outside, on no mode
    assert main(blob, modes.draw(30, rng)) == 3
    assert main(blob, modes.draw(70, rng)) == -1
    assert main(modes.centres[:2].mean(axis=0) + 0.1 * rng.normal(size=(100, 2))) == -1
    assert main(3 * blob) == -1  # far away it says nothing which is nearest


def test_signals_come_as_float32_one_per_snapshot(ring: Target, rng: np.random.Generator) -> None:
    signals = measure(perfect(ring, rng, 3, 200), ring.modes)
    assert signals.keys() == SCALARS | {"mode_shares", "main_mode"}
    assert {signals[name].shape for name in SCALARS} == {(3,)}
    assert signals["mode_shares"].shape == (3, 8)
    assert {values.dtype for values in signals.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_a_perfect_sampler_scores_one(
    name: str, request: pytest.FixtureRequest, rng: np.random.Generator
) -> None:
    target = request.getfixturevalue(name)
    signals = measure(perfect(target, rng, 4, 20_000), target.modes)
    for signal in ("coverage", "high_quality", "spread", "scale"):
        assert signals[signal] == pytest.approx(np.ones(4), abs=0.03)
    assert np.all(signals["modes"] == target.modes.count)


@pytest.mark.parametrize("dimension", [1, 3, 6, 12])
def test_a_perfect_sampler_scores_one_in_other_dimensions(
    dimension: int, rng: np.random.Generator
) -> None:
    modes = KnownModes(np.eye(dimension) * 20, np.ones(dimension), 0.5)
    which = rng.integers(dimension, size=(2, 30_000))
    samples = modes.centres[which] + 0.5 * rng.normal(size=(2, 30_000, dimension))
    signals = measure(samples, modes)
    assert signals["spread"] == pytest.approx(np.ones(2), abs=0.02)
    assert signals["high_quality"] == pytest.approx(np.ones(2), abs=0.02)


def test_a_perfect_sampler_scores_one_where_modes_overlap(rng: np.random.Generator) -> None:
    target = make_target(RingTarget(kind="ring", std=0.15))
    signals = measure(perfect(target, rng, 1, 50_000), target.modes)
    assert signals["coverage"] == pytest.approx(1, abs=0.02)
    assert signals["high_quality"] == pytest.approx(1, abs=0.01)
    assert signals["spread"] == pytest.approx(1, abs=0.05)


def test_high_quality_is_a_share_of_the_ceiling(ring: Target, rng: np.random.Generator) -> None:
    """Samples all at the centres beat a perfect sampler's 98.9 %: oracle scipy's chi-square."""
    samples = ring.modes.centres[rng.integers(8, size=(1, 400))]
    signals = measure(samples, ring.modes)
    assert signals["high_quality"] == pytest.approx(1 / chi2(2).cdf(9))
    assert signals["spread"] == 0


def test_shares_count_junk_in_the_denominator(ring: Target, rng: np.random.Generator) -> None:
    samples = on_modes(ring.modes, [50, 30] + [0] * 6, rng)
    junk = np.full((1, 120, 2), 7.0)
    signals = measure(np.concatenate([samples, junk], axis=1), ring.modes)
    assert signals["mode_shares"][0] == pytest.approx([0.25, 0.15, 0, 0, 0, 0, 0, 0])
    assert signals["coverage"] == pytest.approx(2 / 8)  # neither mode counts beyond its fair share


def test_a_mode_is_held_from_a_quarter_of_its_fair_share_on(
    ring: Target, rng: np.random.Generator
) -> None:
    """A fair share of 800 samples is 98.9, a quarter of it 24.7."""
    assert measure(on_modes(ring.modes, [100] * 7 + [25, 0], rng), ring.modes)["modes"] == 8
    signals = measure(on_modes(ring.modes, [111] * 7 + [23, 0], rng), ring.modes)
    assert signals["modes"] == 7


def test_each_bin_of_data_has_a_radius_of_its_own(rng: np.random.Generator) -> None:
    """Half of the data are ten times as wide; what is near for them is far for the others."""
    wide, narrow = rng.normal(size=(500, 2)), [50, 0] + 0.1 * rng.normal(size=(500, 2))
    bins = DataBins.of(np.concatenate([wide, narrow]), 2)
    beside = np.array([0.0, 1.0])
    assert measure((wide[:100] * 0 + beside)[None], bins)["high_quality"] > 1
    assert measure((narrow[:100] * 0 + [50, 0] + beside)[None], bins)["high_quality"] == 0


def test_fair_shares_follow_the_weights(rng: np.random.Generator) -> None:
    modes = KnownModes(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 3.0]), 0.02)
    fair = measure(on_modes(modes, [250, 750], rng), modes)
    even = measure(on_modes(modes, [500, 500], rng), modes)
    assert fair["coverage"] == pytest.approx(1)
    assert even["coverage"] == pytest.approx((0.25 + 0.5 / chi2(2).cdf(9)), abs=1e-3)


@pytest.mark.parametrize("factor", [0.1, 0.5])
def test_spread_is_in_proportion(ring: Target, rng: np.random.Generator, factor: float) -> None:
    centres = ring.modes.centres[rng.integers(8, size=(1, 4000))]
    samples = centres + factor * ring.modes.std * rng.normal(size=(1, 4000, 2))
    expected = factor * ring.modes.std / ring.modes.high_quality_stds[0]
    assert measure(samples, ring.modes)["spread"] == pytest.approx(expected, rel=0.03)


def test_spread_sees_modes_that_are_lines_each_in_its_own_direction(
    ring: Target, rng: np.random.Generator
) -> None:
    """An arc through each mode is as wide as the mode, but has one direction only."""
    angles = np.arctan2(*ring.modes.centres.T[::-1])[rng.integers(8, size=(1, 2000))]
    angles = angles + ring.modes.std * rng.normal(size=angles.shape)
    samples = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    assert measure(samples, ring.modes)["spread"] < 0.25


def test_spread_is_that_of_the_typical_sample(ring: Target, rng: np.random.Generator) -> None:
    """Half of the modes having become points halves it."""
    which = rng.integers(8, size=(1, 8000))
    noise = ring.modes.std * rng.normal(size=(1, 8000, 2)) * (which < 4)[..., None]
    noise += 1e-2 * ring.modes.std * rng.normal(size=noise.shape)
    spread = measure(ring.modes.centres[which] + noise, ring.modes)["spread"]
    assert spread == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("variances", "expected"), [([3], 9), ([1, 4], 4), ([1, 4, 9], (4 + 9 + 36) / 3)]
)
def test_products_of_variances_are_unbiased_down_to_four_samples(
    rng: np.random.Generator, variances: list[float], expected: float
) -> None:
    """But in one dimension, where four samples overrate the squared variance by 2 / 3."""
    cells = np.repeat(np.arange(40_000), 4)
    samples = np.sqrt(variances) * rng.normal(size=(len(cells), len(variances)))
    counts = np.full(40_000, 4)
    products = _mean_pair_products(samples, cells, counts)
    bias = 1 + 2 / 3 if len(variances) == 1 else 1
    assert products.mean() == pytest.approx(bias * expected, rel=0.03)


@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_squares_of_scatters_are_the_same_either_way(d: int, rng: np.random.Generator) -> None:
    """Oracle: tr M^2 of plain matrix products; cells empty, large and small."""
    counts = np.array([30, 0, 4])
    cell = rng.permutation(np.repeat(np.arange(3), counts))
    x = rng.normal(size=(len(cell), d))
    scatters = [x[cell == c].T @ x[cell == c] for c in range(3)]
    oracle = [np.trace(scatter @ scatter) for scatter in scatters]
    assert _squares_by_pair(x, cell, counts) == pytest.approx(oracle)
    assert _squares_by_cell(x, cell, counts) == pytest.approx(oracle)


def test_spread_is_about_the_samples_own_mean(ring: Target) -> None:
    """Points beside the centres are no variety."""
    samples = np.repeat(ring.modes.centres + ring.modes.std, 50, axis=0)[None]
    assert measure(samples, ring.modes)["spread"] < 1e-9


def test_duplicates_are_no_variety(ring: Target, rng: np.random.Generator) -> None:
    samples = np.repeat(perfect(ring, rng, 1, 200), 10, axis=1)
    assert measure(samples, ring.modes)["spread"] == pytest.approx(0.1, abs=0.03)


def test_scale_is_about_the_targets_mean(rng: np.random.Generator) -> None:
    """A target far from the origin is not excused for its distance."""
    modes = KnownModes(np.array([[99.0, 0.0], [101.0, 0.0]]), np.ones(2), 0.01)
    samples = np.array([[[95.0, 0.0], [105.0, 0.0]]])
    assert measure(samples, modes)["scale"] == pytest.approx(5, rel=1e-3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_sample_that_is_not_finite_makes_its_snapshot_nan_and_no_other(
    ring: Target, rng: np.random.Generator, bad: float
) -> None:
    """Without a warning: those are errors here."""
    samples = perfect(ring, rng, 3, 100)
    clean = measure(samples, ring.modes)
    samples[1, 17, 0] = bad
    signals = measure(samples, ring.modes)
    for name, values in signals.items():
        assert np.isnan(values[1]).all()
        assert np.array_equal(values[[0, 2]], clean[name][[0, 2]])


@pytest.mark.parametrize("size", [1e30, 1e200])
def test_huge_samples_are_measured_without_a_warning(ring: Target, size: float) -> None:
    """Beyond what single precision can hold the scale is infinite."""
    signals = measure(np.full((1, 100, 2), size), ring.modes)
    assert signals["scale"] > 1e29
    assert signals["coverage"] == signals["spread"] == 0


def test_a_single_sample_can_be_measured(ring: Target) -> None:
    signals = measure(ring.modes.centres[None, :1], ring.modes)
    assert signals["modes"] == 1
    assert signals["spread"] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(3, 80))
def test_neither_the_order_of_samples_nor_of_modes_matters(seed: int, m: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    centres, weights = rng.normal(size=(m, 2)) * 3, rng.uniform(1, 3, size=m)
    modes = KnownModes(centres, weights, 0.1)
    which = rng.integers(m, size=(2, n))
    samples = centres[which] + 0.15 * rng.normal(size=(2, n, 2))
    order, others = rng.permutation(m), rng.permutation(n)
    shuffled = KnownModes(centres[order], weights[order], 0.1)
    if modes._overlap:  # then expectations come from a sample, which the order of modes changes
        shuffled, order = modes, np.arange(m)
    before, after = measure(samples, modes), measure(samples[:, others], shuffled)
    assert after["mode_shares"] == pytest.approx(before["mode_shares"][:, order])
    for name in SIGNALS:
        assert after[name] == pytest.approx(before[name], rel=1e-4, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_each_snapshot_is_measured_by_itself(seed: int) -> None:
    target, rng = make_target(RingTarget(kind="ring", modes=3)), np.random.default_rng(seed)
    samples = perfect(target, rng, 4, 50) + 0.1 * rng.normal(size=(4, 1, 2))
    together = measure(samples, target.modes)
    for i in range(4):
        alone = measure(samples[i : i + 1], target.modes)
        for name, values in alone.items():
            assert np.array_equal(values[0], together[name][i])
