"""Oracles: the code of Naeem et al. (`prdc`), torch-fidelity, expectations known in closed form."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.fidelity import blocks
from vistab.fidelity.neighbours import Neighbourhoods, neighbour_radii, neighbourhoods


def compared(samples: np.ndarray, reference: np.ndarray, k: int = 5) -> Neighbourhoods:
    return neighbourhoods(samples, reference, neighbour_radii(reference, k), k)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def missed_by_chance(n: int, m: int, k: int) -> float:
    """Share of balls without a sample of a perfect sampler (Naeem et al.)."""
    return prod((m - i) / (m + n - i) for i in range(1, k + 1))


def test_a_case_small_enough_for_a_pencil() -> None:
    """Radii of the reference at 0, 1, 3, 7: 1, 1, 2, 4; of the samples at 2, 2.5, 20: .5, .5, 17.5.

    2 is in the balls of 1 and 3, 2.5 in that of 3, 20 in none. The ball around 20 reaches down to
    2.5 and so to 3 and 7; 0 and 1 are in no ball of a sample.
    """
    result = compared(column(2, 2.5, 20), column(0, 1, 3, 7), k=1)
    assert result == Neighbourhoods(precision=2 / 3, recall=2 / 4, density=1.0, coverage=2 / 4)


def test_balls_are_closed() -> None:
    result = compared(column(2, 50), column(0, 1), k=1)
    assert (result.precision, result.coverage) == (1 / 2, 1 / 2)
    assert compared(column(2.001, 50), column(0, 1), k=1).precision == 0


def test_the_second_neighbour_is_further() -> None:
    points = column(0, 1, 3, 7)
    assert neighbour_radii(points, 1).tolist() == [1, 1, 2, 4]
    assert neighbour_radii(points, 2).tolist() == [3, 2, 3, 6]


def test_a_copy_is_a_neighbour_at_no_distance() -> None:
    assert neighbour_radii(column(4, 4, 9), 1).tolist() == [0, 0, 5]


@pytest.mark.parametrize(
    ("n", "m", "f", "k"), [(200, 300, 2, 5), (300, 200, 51, 3), (40, 30, 1, 1)]
)
def test_equals_the_code_of_naeem_et_al(
    n: int, m: int, f: int, k: int, rng: np.random.Generator
) -> None:
    """Without ties, that is: its balls are open."""
    prdc = pytest.importorskip("prdc", reason="the reference implementation is not installed")
    samples, reference = 1.3 * rng.normal(size=(n, f)) + 0.3, rng.normal(size=(m, f))
    expected = prdc.compute_prdc(reference, samples, nearest_k=k)
    assert vars(compared(samples, reference, k)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [7, 60, 149])
def test_copies_of_a_datums_neighbour_lie_in_its_ball(n: int, rng: np.random.Generator) -> None:
    """On its edge, that is, where rounding decides. Oracle: distances from differences."""
    reference = rng.normal(size=(300, 51)) + 0.3
    samples = reference[:n]
    distance = np.sqrt(np.sum((reference[:, None] - samples) ** 2, axis=2))
    apart = np.sqrt(np.sum((reference[:, None] - reference) ** 2, axis=2))
    reach = np.sort(apart, axis=1)[:, 1]
    own = np.sort(apart[:n, :n], axis=1)[:, 1]
    result = compared(samples, reference, k=1)
    assert result.precision == 1
    assert result.recall == np.mean((distance <= own * (1 + 1e-9)).any(axis=1))
    assert result.coverage == np.mean((distance <= reach[:, None] * (1 + 1e-9)).any(axis=1))
    assert result.density == np.mean((distance <= reach[:, None] * (1 + 1e-9)).sum(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize("repeated", [1, 5])
def test_precision_and_recall_equal_torch_fidelity(repeated: int, rng: np.random.Generator) -> None:
    """Its balls are closed too, so that repeated samples agree as well."""
    reason = "torch-fidelity needs torchvision"
    metric_prc = pytest.importorskip("torch_fidelity.metric_prc", reason=reason)
    torch = pytest.importorskip("torch")
    samples, reference = rng.normal(size=(300, 5)) + 0.4, rng.normal(size=(400, 5))
    samples = np.repeat(samples[: 300 // repeated], repeated, axis=0)
    expected = metric_prc.prc_features_to_metric(
        torch.tensor(samples),
        torch.tensor(reference),
        prc_neighborhood=3,
        prc_batch_size=100,
        save_cpu_ram=False,
        verbose=False,
    )
    result = compared(samples, reference, 3)
    wanted = (expected["precision"], expected["recall"])
    assert (result.precision, result.recall) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("n", "m"), [(60, 60), (60, 120), (120, 60)])
def test_a_perfect_sampler_scores_what_naeem_et_al_expect(
    n: int, m: int, rng: np.random.Generator
) -> None:
    """Whatever the distribution: density 1, coverage 1 - (m-1)...(m-k) / (m+n-1)...(m+n-k)."""
    k, repeats = 3, 400
    results = [
        compared(rng.normal(size=(n, 3)), rng.normal(size=(m, 3)), k) for _ in range(repeats)
    ]
    for name, expected in (("density", 1.0), ("coverage", 1 - missed_by_chance(n, m, k))):
        scores = np.array([getattr(result, name) for result in results])
        assert abs(scores.mean() - expected) < 4 * scores.std() / np.sqrt(repeats)


def test_the_reference_itself_is_perfect(rng: np.random.Generator) -> None:
    points = rng.normal(size=(80, 4))
    result = compared(points, points)
    assert (result.precision, result.recall, result.coverage) == (1, 1, 1)


def test_a_far_cloud_has_nothing_in_common_with_the_data(rng: np.random.Generator) -> None:
    points = rng.normal(size=(80, 4))
    assert compared(points + 100, points) == Neighbourhoods(0, 0, 0, 0)


def test_copies_of_one_datum_are_precise_and_recall_that_datum_alone(
    rng: np.random.Generator,
) -> None:
    points = rng.normal(size=(80, 4))
    result = compared(np.repeat(points[:1], 50, axis=0), points)
    assert (result.precision, result.recall) == (1, 1 / 80)
    assert 1 / 80 <= result.coverage < 0.5


def test_half_of_the_data_cover_half(rng: np.random.Generator) -> None:
    """Precise, but the other cluster is neither recalled nor covered."""
    reference = rng.normal(size=(400, 2)) + np.repeat([[0, 0], [90, 0]], 200, axis=0)
    result = compared(rng.normal(size=(400, 2)), reference)
    assert result.precision > 0.95
    assert result.recall == pytest.approx(0.5, abs=0.03)
    assert result.coverage == pytest.approx(0.5, abs=0.03)
    assert result.density == pytest.approx(1, abs=0.25)


def test_blocks_make_no_difference(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, reference = rng.normal(size=(50, 3)), rng.normal(size=(70, 3))
    whole = compared(samples, reference)
    for at_once in (1, 7 * 50, 1000):
        monkeypatch.setattr(blocks, "_AT_ONCE", at_once)
        assert compared(samples, reference) == whole


@given(
    st.integers(7, 25), st.integers(7, 25), st.integers(1, 4), st.integers(1, 6), st.integers(0, 99)
)
def test_only_distances_up_to_a_factor_matter(n: int, m: int, f: int, k: int, seed: int) -> None:
    """Neither order, place, direction nor unit; whole numbers, so that ties stay ties."""
    rng = np.random.default_rng(seed)
    samples, reference = (rng.integers(-4, 5, size=(size, f)).astype(float) for size in (n, m))
    result = compared(samples, reference, k)
    order, flip = rng.permutation(f), rng.choice([-1, 1], size=f)

    def moved(points: np.ndarray) -> np.ndarray:
        return 4 * (rng.permutation(points)[:, order] * flip + 3)

    again = compared(moved(samples), moved(reference), k)
    assert vars(again) == pytest.approx(vars(result), abs=1e-12)


@given(
    st.integers(7, 25), st.integers(7, 25), st.integers(1, 3), st.integers(1, 6), st.integers(0, 99)
)
def test_roles_and_bounds(n: int, m: int, f: int, k: int, seed: int) -> None:
    """Precision and recall change places; counts bound each other; larger balls hold more."""
    rng = np.random.default_rng(seed)
    samples, reference = (rng.integers(-4, 5, size=(size, f)).astype(float) for size in (n, m))
    result, swapped = compared(samples, reference, k), compared(reference, samples, k)
    assert (result.precision, result.recall) == (swapped.recall, swapped.precision)
    inclusions = result.density * k * n
    assert inclusions >= max(result.precision * n, result.coverage * m) - 1e-9
    assert inclusions <= result.precision * n * m + 1e-9
    if k > 1:
        smaller = compared(samples, reference, k - 1)
        assert smaller.precision <= result.precision
        assert smaller.recall <= result.recall
        assert smaller.coverage <= result.coverage


@pytest.mark.parametrize(("n", "k"), [(5, 5), (0, 1), (5, 0)])
def test_there_must_be_more_points_than_neighbours(n: int, k: int) -> None:
    with pytest.raises(ValueError, match="more than k points"):
        neighbour_radii(np.zeros((n, 2)), k)
    with pytest.raises(ValueError, match="more than k points"):
        neighbourhoods(np.zeros((n, 2)), np.ones((9, 2)), np.ones(9), k)
