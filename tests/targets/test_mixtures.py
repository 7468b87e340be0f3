import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial.distance import pdist
from scipy.stats import chisquare, kstest

from vistab.spec.base import Spec
from vistab.spec.targets import TARGETS as ASKED
from vistab.spec.targets import GridTarget, MixtureTarget, RingTarget
from vistab.targets import TARGETS, make_target

RING = RingTarget(kind="ring", modes=8, radius=2.0, std=0.02)
GRID = GridTarget(kind="grid", side=5, spacing=0.5, std=0.02)
UNEVEN = MixtureTarget(kind="mixture", centres=((0, 0, 0), (1, 0, 2)), weights=(1, 3), std=0.1)
GAUSSIAN = MixtureTarget(kind="mixture", centres=((1, -2),), std=0.5)
SPECS = [RING, GRID, UNEVEN, GAUSSIAN]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


IMAGES = {"digits", "mnist5k", "stacked_digits", "image_folder", "hub"}


def test_every_kind_that_can_be_asked_for_can_be_built_and_is_tested() -> None:
    """Images in files of their own, the others here."""
    assert TARGETS.keys() == ASKED.keys() == {spec.kind for spec in SPECS} | IMAGES


def test_ring_modes_are_evenly_spaced_and_none_repeats_the_first() -> None:
    """Published ring code has two centres coincide at angle 0."""
    centres = make_target(RING).modes.centres
    assert np.linalg.norm(centres, axis=1) == pytest.approx(np.full(8, 2.0))
    neighbours = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    assert neighbours == pytest.approx(np.full(8, 4 * np.sin(np.pi / 8)))


def test_grid_is_square_and_centred() -> None:
    centres = make_target(GRID).modes.centres
    assert centres.shape == (25, 2)
    assert centres.mean(axis=0) == pytest.approx([0, 0])
    assert pdist(centres).min() == pytest.approx(0.5)
    assert centres.max() == pytest.approx(1.0)


def test_mixture_takes_centres_and_weights_as_listed() -> None:
    modes = make_target(UNEVEN).modes
    assert modes.centres == pytest.approx(np.array([[0, 0, 0], [1, 0, 2]]))
    assert modes.weights == pytest.approx([0.25, 0.75])


def test_mixture_without_weights_is_even() -> None:
    spec = MixtureTarget(kind="mixture", centres=((0.0,), (1.0,), (4.0,)))
    assert make_target(spec).modes.weights == pytest.approx(np.full(3, 1 / 3))


def test_a_mixture_of_one_is_a_gaussian() -> None:
    modes = make_target(GAUSSIAN).modes
    assert modes.count == 1
    assert modes.mean == pytest.approx([1, -2])
    assert modes.rms == pytest.approx(0.5 * np.sqrt(2))


def test_a_mixture_of_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        MixtureTarget(kind="mixture", centres=())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_samples_have_the_modes_weights_and_widths(spec: Spec) -> None:
    """Oracles: chi-square test of the counts, Kolmogorov-Smirnov test of each coordinate."""
    target = make_target(spec)
    modes = target.modes
    samples = target.sample(20_000, rng())
    _, nearest = modes.nearest(samples)
    counts = np.bincount(nearest, minlength=modes.count)
    assert modes.count == 1 or chisquare(counts, modes.weights * len(samples)).pvalue > 1e-3
    noise = (samples - modes.centres[nearest]) / modes.std
    assert all(kstest(column, "norm").pvalue > 1e-3 for column in noise.T)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_samples_are_float32_rows_drawn_from_the_given_generator_alone(spec: Spec) -> None:
    target = make_target(spec)
    before = np.random.get_state()[1].copy()  # noqa: NPY002  the global state must not move
    first, again, other = (target.sample(50, rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (50, target.dimension)
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
