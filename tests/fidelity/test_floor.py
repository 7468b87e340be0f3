"""What real data score: closed forms for a perfect sampler, and what the floor must not do."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from vistab.fidelity import Fidelity, perfect_scores
from vistab.fidelity.floor import DRAWS
from vistab.spec.metrics import FIDELITY_METRICS


def test_held_out_data_score_as_a_perfect_sampler_does(rng: np.random.Generator) -> None:
    """Naeem et al.: density 1, and coverage by the numbers of samples and data alone."""
    n, m = 200, 1000
    found = perfect_scores(rng.normal(size=(m, 4)), n)
    missed = prod((m - n - i) / (m - i) for i in range(1, 6))
    assert found.keys() == FIDELITY_METRICS.keys()
    assert found["density"] == pytest.approx(1, abs=0.05)
    assert found["neighbour_coverage"] == pytest.approx(1 - missed, abs=0.04)
    assert found["kernel_distance"] == pytest.approx(0, abs=0.02)


def test_no_draw_is_held_against_itself(rng: np.random.Generator) -> None:
    """Each datum lies in its own ball, but of others' a few lie in none."""
    assert 0.5 < perfect_scores(rng.normal(size=(300, 20)), 100)["precision"] < 1


def test_the_frechet_distance_of_a_perfect_sampler_shrinks_with_its_samples(
    rng: np.random.Generator,
) -> None:
    data = rng.normal(size=(800, 10))
    scores = [perfect_scores(data, n)["frechet_distance"] for n in (25, 80, 240)]
    assert scores[0] > 2 * scores[1] > 4 * scores[2] > 0


def test_of_few_data_half_are_held_out(rng: np.random.Generator) -> None:
    data = rng.normal(size=(100, 3))
    assert perfect_scores(data, 90) == perfect_scores(data, 50)
    assert perfect_scores(data, 49) != perfect_scores(data, 50)


def test_it_is_the_mean_over_draws_that_are_always_the_same(rng: np.random.Generator) -> None:
    data = rng.normal(size=(60, 3))
    found = perfect_scores(data, 20)
    assert found == perfect_scores(data, 20)
    generator = np.random.default_rng(0)
    orders = [generator.permutation(data) for _ in range(DRAWS)]
    each = [Fidelity.of(one[20:]).measure(one[None, :20]) for one in orders]
    for name, value in found.items():
        assert value == pytest.approx(np.mean([one[name][0] for one in each]))


def test_digits_with_noise_are_worse_than_held_out_ones(
    digits: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    best = perfect_scores(digits[0], 300)
    noisy = digits[0][:300] + 0.5 * rng.normal(size=digits[0][:300].shape)
    found = Fidelity.of(digits[0][300:]).measure(noisy[None])
    for name in ("frechet_distance", "kernel_distance"):
        assert found[name][0] > best[name]
    for name in ("precision", "density", "neighbour_coverage"):
        assert found[name][0] < best[name]
