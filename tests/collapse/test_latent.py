import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import kstest

from vistab.collapse.latent import _directions, active_latents, measure_latent, prior_mismatch
from vistab.targets import Target

K, N, L = 3, 60, 4


@pytest.fixture
def pictures(ring: Target, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Everything that may be shown of three runs, and the originals and latents, in float32."""
    shapes = {"codes": L, "reconstructions": 2, "cycled": L, "originals": 2, "latents": L}
    return {name: rng.normal(size=(K, N, d)).astype(np.float32) for name, d in shapes.items()}


def measured(shown: dict[str, np.ndarray], target: Target, **columns: object) -> dict:
    """The measurement of `pictures`, with columns such as latent_kl."""
    inputs = {name: shown[name] for name in ("originals", "latents")}
    left = {name: values for name, values in shown.items() if name not in inputs}
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return measure_latent(arrays, left, **inputs, rms=target.modes.rms)


def test_what_is_measured_follows_what_is_shown(
    pictures: dict[str, np.ndarray], ring: Target
) -> None:
    everything = measured(pictures, ring, latent_kl=np.ones((K, L)))
    assert everything.keys() == {
        "prior_mismatch",
        "reconstruction_error",
        "cycle_error",
        "active_latents",
    }
    assert {values.shape for values in everything.values()} == {(K,)}
    assert {values.dtype for values in everything.values()} == {np.dtype("float32")}
    del pictures["cycled"], pictures["codes"]
    assert measured(pictures, ring).keys() == {"reconstruction_error"}


# Prior mismatch


@pytest.mark.parametrize("n", [5, 200])
def test_in_one_dimension_the_mismatch_is_scipys_kolmogorov_smirnov_distance(
    n: int, rng: np.random.Generator
) -> None:
    codes = rng.normal([[0.0]], [[1.0]], (3, n)) * [[1], [0.2], [3]] + [[0], [0.5], [-4]]
    oracle = [kstest(row, "norm").statistic for row in codes]
    assert prior_mismatch(codes[:, :, None]) == pytest.approx(oracle)


def test_in_more_dimensions_it_is_the_mean_over_axes_and_fixed_directions(
    rng: np.random.Generator,
) -> None:
    codes = rng.standard_t(2, (2, 50, 3)) + np.array([1, 0, -1])
    directions = _directions(3)
    assert directions[:3] == pytest.approx(np.eye(3))
    assert np.linalg.norm(directions, axis=1) == pytest.approx(np.ones(len(directions)))
    oracle = [np.mean([kstest(run @ one, "norm").statistic for one in directions]) for run in codes]
    assert prior_mismatch(codes) == pytest.approx(oracle)


def test_the_same_codes_always_mismatch_alike(rng: np.random.Generator) -> None:
    codes = rng.normal(size=(1, 50, 3))
    state = np.random.get_state()[1].copy()  # noqa: NPY002  the global state must not move
    assert np.array_equal(prior_mismatch(codes), prior_mismatch(codes))
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_normal_quantiles_match_the_prior_as_well_as_can_be() -> None:
    """The least distance of n steps from a continuous curve is half a step."""
    codes = ndtri((np.arange(50) + 0.5) / 50)
    assert prior_mismatch(codes[None, :, None]) == pytest.approx(0.5 / 50)


def test_a_perfect_match_has_only_sampling_error(rng: np.random.Generator) -> None:
    """The mean of Kolmogorov's distribution is sqrt(pi / 2) ln 2 = 0.869."""
    mismatch = prior_mismatch(rng.normal(size=(100, 500, 2)))
    assert mismatch.mean() == pytest.approx(np.sqrt(np.pi / 2) * np.log(2) / np.sqrt(500), rel=0.1)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.5), (40.0, 1.0), (-40.0, 1.0)])
def test_codes_at_one_place_mismatch_by_half_or_more(value: float, expected: float) -> None:
    assert prior_mismatch(np.full((1, 20, 1), value)) == pytest.approx(expected)


def test_codes_on_the_axes_that_are_normal_each_but_not_jointly_are_seen(
    rng: np.random.Generator,
) -> None:
    """Two equal coordinates are N(0, 1) each; only slanted directions tell."""
    one = rng.normal(size=(1, 2000, 1))
    both = prior_mismatch(np.concatenate([one, one], axis=2))
    assert both > 2.5 * prior_mismatch(rng.normal(size=(1, 2000, 2)))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 5), st.floats(-3, 3), st.floats(0.01, 100))
def test_mismatch_lies_between_0_and_1(n: int, l_dim: int, mean: float, width: float) -> None:
    codes = mean + width * np.random.default_rng(n).normal(size=(2, n, l_dim))
    mismatch = prior_mismatch(codes)
    assert np.all((mismatch >= 0.5 / n - 1e-12) & (mismatch <= 1))


# Reconstruction and cycle


def test_reconstruction_is_0_for_the_originals_and_1_for_their_mean(ring: Target) -> None:
    x = ring.sample(20_000, np.random.default_rng(0))[None]
    z = np.zeros((1, 20_000, 2))
    mean = np.broadcast_to(ring.modes.mean, x.shape)
    for found, error in ((x, 0.0), (mean, 1.0)):
        result = measure_latent({}, {"reconstructions": found}, x, z, ring.modes.rms)
        assert result["reconstruction_error"] == pytest.approx(error, abs=0.01)


def test_reconstruction_is_the_mean_squared_distance_over_the_targets(
    pictures: dict[str, np.ndarray], ring: Target
) -> None:
    """Oracle: plain loops."""
    found = measured(pictures, ring)["reconstruction_error"]
    for k in range(K):
        distances = [
            float(np.sum((pictures["reconstructions"][k, i] - pictures["originals"][k, i]) ** 2))
            for i in range(N)
        ]
        assert found[k] == pytest.approx(np.mean(distances) / ring.modes.rms**2, rel=1e-5)


def test_a_cycle_is_0_if_closed_1_at_the_mean_and_2_by_chance(
    ring: Target, rng: np.random.Generator
) -> None:
    z = rng.normal(size=(1, 20_000, L))
    for found, error in ((z, 0.0), (0 * z, 1.0), (rng.normal(size=z.shape), 2.0)):
        result = measure_latent({}, {"cycled": found}, z[..., :2], z, ring.modes.rms)
        assert result["cycle_error"] == pytest.approx(error, abs=0.05)


# Active latents


def test_active_latents_carry_at_least_a_twentieth_of_a_nat() -> None:
    kl = np.array([[0.0, 0.049, 0.05, 3.0], [1, 1, 1, 1], [0, 0, 0, 0]])
    assert active_latents(kl) == pytest.approx([2, 4, 0])


# Runs side by side


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_in_one_run_is_nan_there_alone(
    bad: float, pictures: dict[str, np.ndarray], ring: Target
) -> None:
    kl = np.ones((K, L))
    before = measured(pictures, ring, latent_kl=kl)
    for name in ("codes", "reconstructions", "cycled"):
        pictures[name][1, 7, 0] = bad
    kl[1, 2] = bad
    for name, values in measured(pictures, ring, latent_kl=kl).items():
        assert np.isnan(values[1])
        assert np.array_equal(values[[0, 2]], before[name][[0, 2]])


def test_huge_numbers_are_measured_without_a_warning(
    pictures: dict[str, np.ndarray], ring: Target
) -> None:
    """Warnings are errors here."""
    for name in ("codes", "reconstructions", "cycled"):
        pictures[name][0] = 3e38
    result = measured(pictures, ring)
    assert 0.5 < result["prior_mismatch"][0] <= 1
    assert np.isnan(result["reconstruction_error"][0])


def test_runs_are_measured_as_if_each_were_alone(
    pictures: dict[str, np.ndarray], ring: Target
) -> None:
    together = measured(pictures, ring, latent_kl=np.eye(L)[:K])
    for k in range(K):
        one = {name: values[k : k + 1] for name, values in pictures.items()}
        alone = measured(one, ring, latent_kl=np.eye(L)[k : k + 1])
        assert {name: float(v[0]) for name, v in alone.items()} == {
            name: float(v[k]) for name, v in together.items()
        }
