"""The clusters of data, or bins where there are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from vistab.spec.targets import GridTarget, MixtureTarget, RingTarget
from vistab.targets import KnownModes, make_target
from vistab.targets.bins import DataBins
from vistab.targets.clusters import bin_centres

SIXTEEN = np.random.default_rng(3).normal(size=(10, 16))
TARGETS = {
    "ring": RingTarget(kind="ring"),
    "wide ring": RingTarget(kind="ring", modes=12, radius=3.0, std=0.1),
    "grid": GridTarget(kind="grid"),
    "uneven": MixtureTarget(
        kind="mixture", centres=((0, 0), (3, 0), (0, 3), (2, 2)), weights=(4, 3, 2, 2), std=0.1
    ),
    "16-d": MixtureTarget(kind="mixture", centres=tuple(map(tuple, SIXTEEN)), std=0.2),
    "a line": MixtureTarget(kind="mixture", centres=((0,), (1,)), std=0.05),
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("m", [500, 4000])
def test_the_modes_of_a_mixture_are_found_by_their_number_and_place(name: str, m: int) -> None:
    modes = make_target(TARGETS[name]).modes
    data = modes.draw(m, np.random.default_rng(m))
    centres, clusters = bin_centres(data, 50)
    assert clusters is not None
    assert clusters.all()
    assert len(centres) == modes.count
    assert cdist(modes.centres, centres).min(axis=1).max() < modes.std * modes.dimension**0.5
    truth = modes.nearest(data)[1]
    assert adjusted_rand_score(truth, cdist(data, centres).argmin(axis=1)) > 0.999


SHAPELESS = {
    "a Gaussian": lambda rng, m: rng.normal(size=(m, 2)),
    "a Gaussian in 30 dimensions": lambda rng, m: rng.normal(size=(m, 30)),
    "a square": lambda rng, m: rng.random((m, 2)),
    "a line": lambda rng, m: rng.random((m, 1)),
    "heavy tails": lambda rng, m: rng.exponential(size=(m, 3)),
}


@pytest.mark.parametrize("name", SHAPELESS)
@pytest.mark.parametrize("seed", range(5))
def test_data_without_clusters_are_cut_into_as_many_bins_as_asked(name: str, seed: int) -> None:
    data = SHAPELESS[name](np.random.default_rng(seed), 1000)
    centres, clusters = bin_centres(data, 20)
    assert clusters is None
    assert 15 <= len(centres) <= 20  # those with few data are given up


@pytest.mark.parametrize("std", [0.6, 0.8])
def test_clusters_in_many_dimensions_need_not_stand_far_apart(std: float) -> None:
    """Their tree jumps less there, and that of a blob hardly at all."""
    modes = KnownModes(np.random.default_rng(1).normal(size=(10, 16)), np.ones(10), std)
    centres, clusters = bin_centres(modes.draw(2000, np.random.default_rng(0)), 50)
    assert clusters is not None
    assert len(centres) == 10


def test_data_of_rare_clusters_are_none_of_the_others() -> None:
    """Merged with a neighbour they would make it wide, and a good run narrow beside it."""
    weights = np.array([*[1.0] * 6, 0.06, 0.06])
    ring = make_target(RingTarget(kind="ring")).modes.centres
    data = KnownModes(ring, weights, 0.02).draw(1000, np.random.default_rng(2))
    rare = np.isin(cdist(data, ring).argmin(axis=1), [6, 7])
    assert 0 < rare.sum() < 40
    centres, clustered = bin_centres(data, 25)
    assert clustered is not None
    assert np.array_equal(clustered, ~rare)
    assert cdist(centres, ring[:6]).min(axis=0).max() < 0.01
    assert DataBins.of(data, 25).std == pytest.approx(0.02, rel=0.1)


def test_the_same_data_give_the_same_centres() -> None:
    data = np.random.default_rng(0).normal(size=(3000, 5))
    assert np.array_equal(bin_centres(data, 30)[0], bin_centres(data.copy(), 30)[0])


@given(
    st.integers(20, 120),
    st.integers(1, 4),
    st.integers(1, 30),
    st.integers(1, 40),
    st.integers(0, 99),
)
def test_every_bin_has_data_of_its_own(m: int, d: int, values: int, count: int, seed: int) -> None:
    """Also where data repeat, lie on few values or are fewer than the bins asked for."""
    data = np.random.default_rng(seed).integers(0, values, (m, d)).astype(float)
    centres, _ = bin_centres(data, count)
    counts = np.bincount(cdist(data, centres).argmin(axis=1), minlength=len(centres))
    assert len(centres) == 1 or counts.min() >= 10 or len(np.unique(data, axis=0)) < len(data)
