"""Products and distances in blocks. Oracle: scipy's distances, from differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vistab.fidelity import blocks
from vistab.fidelity.blocks import products, squared_distances


@pytest.fixture(params=[1, 100, 10**6])
def points(
    request: pytest.FixtureRequest, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> tuple[np.ndarray, np.ndarray]:
    """Rows [40, 70] and columns [30, 70], ten of them rows too, in blocks of several sizes."""
    monkeypatch.setattr(blocks, "_AT_ONCE", request.param)
    rows = 5 * rng.normal(size=(40, 70)) + 2
    return rows, np.concatenate([rows[:10], rng.normal(size=(20, 70))])


def test_products_are_those_of_all_pairs(points: tuple[np.ndarray, np.ndarray]) -> None:
    rows, columns = points
    np.testing.assert_allclose(np.concatenate(list(products(rows, columns))), rows @ columns.T)


def test_distances_are_scipys_up_to_rounding(points: tuple[np.ndarray, np.ndarray]) -> None:
    rows, columns = points
    norms = np.sum(rows**2, axis=1)[:, None] + np.sum(columns**2, axis=1)
    exact = cdist(rows, columns, "sqeuclidean")
    found = np.concatenate(list(squared_distances(rows, columns)))
    assert (np.abs(found - exact) <= 1e-12 * norms).all()


def test_the_least_distance_is_below_the_true_one_and_only_just(
    points: tuple[np.ndarray, np.ndarray],
) -> None:
    rows, columns = points
    norms = np.sum(rows**2, axis=1)[:, None] + np.sum(columns**2, axis=1)
    exact = cdist(rows, columns, "sqeuclidean")
    least = np.concatenate(list(squared_distances(rows, columns, least=True)))
    assert (least < exact).all()
    assert (least > exact - 2e-12 * norms).all()
