"""All measures together: what they are named, NaN, company, and what real digits do to them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import ortho_group

from vistab.fidelity import Fidelity
from vistab.fidelity.neighbours import neighbour_radii, neighbourhoods
from vistab.spec.metrics import FIDELITY_METRICS

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def fidelity(digits: Digits) -> Fidelity:
    """Of the first 1,200 digits; the others are held out."""
    return Fidelity.of(digits[0][:1200])


def rows(found: dict[str, np.ndarray]) -> np.ndarray:
    """Runs x measures."""
    return np.stack([found[name] for name in FIDELITY_METRICS], axis=1)


def test_there_is_a_number_a_run_of_every_metric(fidelity: Fidelity, digits: Digits) -> None:
    found = fidelity.measure(np.stack([digits[0][1200:1500], digits[0][1300:1600]]))
    assert found.keys() == FIDELITY_METRICS.keys()
    for name, metric in FIDELITY_METRICS.items():
        assert found[name].shape == (2,)
        assert found[name].dtype == np.float32
        assert metric.most is None or (found[name] <= metric.most).all()


def test_each_pair_of_measures_has_its_authors_k(rng: np.random.Generator) -> None:
    samples, reference = rng.normal(size=(60, 3)), rng.normal(size=(90, 3))
    found = {
        name: value[0] for name, value in Fidelity.of(reference).measure(samples[None]).items()
    }
    near, wide = (
        neighbourhoods(samples, reference, neighbour_radii(reference, k), k) for k in (3, 5)
    )
    assert found["precision"] == np.float32(near.precision)
    assert found["recall"] == np.float32(near.recall)
    assert found["density"] == np.float32(wide.density)
    assert found["neighbour_coverage"] == np.float32(wide.coverage)
    assert near.recall != wide.recall
    assert near.coverage != wide.coverage


def test_a_run_has_the_same_bits_in_every_company(
    fidelity: Fidelity, digits: Digits, rng: np.random.Generator
) -> None:
    runs = digits[0][1200:1500] + rng.normal(size=(4, 300, 1)) * rng.random((4, 1, 1))
    together = rows(fidelity.measure(runs))
    for k, run in enumerate(runs):
        np.testing.assert_array_equal(rows(fidelity.measure(run[None]))[0], together[k])
    np.testing.assert_array_equal(rows(fidelity.measure(runs[::-1])), together[::-1])


def test_runs_that_are_not_finite_are_nan_and_disturb_no_other(
    fidelity: Fidelity, digits: Digits
) -> None:
    calm = digits[0][1200:1400].astype(np.float32)
    runs = np.stack([calm] * 4)
    runs[1, 7, 3], runs[2, 0, 0] = np.nan, -np.inf
    found = rows(fidelity.measure(runs))
    assert np.isnan(found[1:3]).all()
    np.testing.assert_array_equal(found[[0, 3]], rows(fidelity.measure(calm[None]))[[0, 0]])
    assert np.isfinite(found[0]).all()


@pytest.mark.parametrize("scale", [1e6, 1e20, 3e38, 1e200])
def test_far_off_samples_need_no_warning_and_are_never_good(
    scale: float, fidelity: Fidelity, digits: Digits
) -> None:
    """Zero, the best distance there is, must not come of an overflow."""
    found = fidelity.measure(scale * (digits[0][None, 1200:1400] + 1))
    for name in ("frechet_distance", "kernel_distance"):
        assert np.isnan(found[name][0]) or found[name][0] > 1e9
    for name in ("precision", "density", "neighbour_coverage"):
        assert np.isnan(found[name][0]) or found[name][0] == 0


def test_growing_noise_makes_digits_less_faithful(
    fidelity: Fidelity, digits: Digits, rng: np.random.Generator
) -> None:
    held_out = digits[0][1200:]
    noise = rng.normal(size=held_out.shape)
    found = fidelity.measure(np.stack([held_out + s * noise for s in (0, 0.2, 0.4, 0.8, 1.6)]))
    for name in ("frechet_distance", "kernel_distance"):
        assert (np.diff(found[name]) > 0).all()
    for name in ("precision", "density", "neighbour_coverage"):
        assert (np.diff(found[name]) < 0).all()


def test_digits_that_are_dropped_make_the_others_less_varied(
    fidelity: Fidelity, digits: Digits
) -> None:
    """All ten, then 0 to 7, 0 to 4, and 0 alone, as many images of each set; all are real."""
    features, labels = digits[0][1200:], digits[1][1200:]
    kept = [np.flatnonzero(labels <= last) for last in (9, 7, 4, 0)]
    found = fidelity.measure(np.stack([features[np.resize(which, 50)] for which in kept]))
    for name in ("frechet_distance", "kernel_distance"):
        assert (np.diff(found[name]) > 0).all()
    for name in ("recall", "neighbour_coverage"):
        assert (np.diff(found[name]) < 0).all()
    assert (found["precision"] > 0.8).all()


def test_directions_mean_nothing(fidelity: Fidelity, digits: Digits) -> None:
    samples, reference = digits[0][1200:1400] + 0.1, digits[0][:1200]
    turn = ortho_group.rvs(samples.shape[1], random_state=0)
    turned = Fidelity.of(reference @ turn).measure((samples @ turn)[None])
    expected = rows(fidelity.measure(samples[None]))
    np.testing.assert_allclose(rows(turned), expected, rtol=1e-4, atol=1e-5)


def test_copies_of_the_reference_lie_in_its_balls(fidelity: Fidelity, digits: Digits) -> None:
    """Rounding must not put a copy beyond a datum that is just as far away."""
    copies = np.repeat(digits[0][:40], 6, axis=0)
    found = fidelity.measure(copies[None])
    assert found["precision"][0] == 1
    assert found["recall"][0] == pytest.approx(40 / 1200)


@pytest.mark.parametrize(
    "reference", [np.full((20, 2), np.nan), np.zeros((20, 2, 2)), np.zeros(20)], ids=str
)
def test_a_reference_must_be_a_finite_table(reference: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Fidelity.of(reference)


def test_there_must_be_more_data_and_samples_than_neighbours(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="more than k points"):
        Fidelity.of(rng.normal(size=(5, 2)))
    with pytest.raises(ValueError, match="more than k points"):
        Fidelity.of(rng.normal(size=(50, 2))).measure(rng.normal(size=(1, 5, 2)))


def test_importing_it_stays_light() -> None:
    code = "import sys, vistab.fidelity; print({'torch', 'pandas', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
