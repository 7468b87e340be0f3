"""Nearest training images, against all distances computed one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vistab.targets.data import DataSet, decode
from vistab.training import memorisation
from vistab.training.memorisation import REAL_IMAGES, nearest_data, real_distances

SHAPE = (1, 4, 5)
D = 20


def data_set(rows: Any, shape: tuple[int, int, int] = SHAPE) -> DataSet:
    """A target of these rows; what else a target has is not looked at."""
    return DataSet(rows, shape, None, 1.0)  # type: ignore[arg-type]


def some_data(kind: str, n: int = 300, seed: int = 0) -> Any:
    """Rows as they are stored: levels, or floats from -1 to 1."""
    generator = np.random.default_rng(seed)
    if kind == "levels":
        return generator.integers(0, 256, (n, D), dtype=np.uint8)
    return generator.uniform(-1, 1, (n, D)).astype(np.float32)


def images(n: int = 40, seed: int = 1) -> Any:
    return np.random.default_rng(seed).uniform(-1, 1, (n, D)).astype(np.float32)


@pytest.mark.parametrize("kind", ["levels", "floats"])
@pytest.mark.parametrize("chunk", [2**22, 7 * D])
def test_the_nearest_of_all_data_is_found(
    kind: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over many chunks too, the last of which is not full."""
    monkeypatch.setattr(memorisation, "_CHUNK", chunk)
    data, made = some_data(kind), images()
    found = nearest_data(made, data_set(data))
    everything = cdist(made.astype(float), decode(data).astype(float))
    np.testing.assert_array_equal(found.images, decode(data[everything.argmin(axis=1)]))
    np.testing.assert_allclose(
        found.distances, everything.min(axis=1) / np.sqrt(D), rtol=1e-5, atol=1e-7
    )
    assert found.distances.dtype == np.float32


@pytest.mark.parametrize("kind", ["levels", "floats"])
def test_a_copy_is_no_distance_away(kind: str) -> None:
    data = some_data(kind)
    found = nearest_data(decode(data[[5, 299]]), data_set(data))
    assert found.distances.tolist() == [0, 0]


@dataclass(frozen=True, eq=False)
class Stacked:
    """Three rows make one image, a channel each."""

    data: Any
    shape: tuple[int, int, int] = (3, 4, 5)

    def pick(self, n: int, generator: np.random.Generator) -> Any:
        return generator.integers(len(self.data), size=(n, 3))


def test_where_rows_are_channels_each_has_its_own_nearest() -> None:
    data = some_data("floats", 50)
    made = np.random.default_rng(2).uniform(-1, 1, (9, 3 * D)).astype(np.float32)
    found = nearest_data(made, Stacked(data))  # type: ignore[arg-type]
    for image, nearest, distance in zip(made, found.images, found.distances, strict=True):
        rows = [data[np.sum((data - c) ** 2, axis=1).argmin()] for c in image.reshape(3, D)]
        np.testing.assert_array_equal(nearest, np.concatenate(rows))
        assert distance == pytest.approx(np.sqrt(np.mean((image - nearest) ** 2)), rel=1e-5)


@pytest.mark.parametrize("chunk", [2**22, 7 * D])
def test_real_images_are_held_against_other_ones(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memorisation, "_CHUNK", chunk)
    data = some_data("levels")
    apart = cdist(decode(data).astype(float), decode(data).astype(float)) / np.sqrt(D)
    np.fill_diagonal(apart, np.inf)
    picked = data_set(data).pick(REAL_IMAGES, np.random.default_rng(0))
    np.testing.assert_allclose(real_distances(data_set(data)), apart.min(axis=1)[picked], rtol=1e-5)


def test_a_datum_that_is_there_twice_is_its_own_copy() -> None:
    data = some_data("levels", 40)
    assert (real_distances(data_set(np.concatenate([data, data]))) == 0).all()
    assert (real_distances(data_set(data)) > 0).all()


def test_real_channels_are_held_against_other_ones_each() -> None:
    """The yardstick of stacked digits changes all three of them, not the easiest one."""
    data = some_data("floats", 50)
    apart = cdist(data.astype(float), data.astype(float)) ** 2
    np.fill_diagonal(apart, np.inf)
    target = Stacked(data)
    picked = target.pick(REAL_IMAGES, np.random.default_rng(0))
    expected = np.sqrt(apart.min(axis=1)[picked].sum(axis=1) / (3 * D))
    np.testing.assert_allclose(real_distances(target), expected, rtol=1e-5)  # type: ignore[arg-type]


def test_the_yardstick_is_the_same_each_time_and_draws_from_no_other_generator() -> None:
    target, before = data_set(some_data("levels")), np.random.get_state()[1].copy()  # noqa: NPY002
    np.testing.assert_array_equal(real_distances(target), real_distances(target))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
