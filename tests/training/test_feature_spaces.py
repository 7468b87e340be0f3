"""Real images to compare with, and the maps from their pixels to features."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from vistab.errors import RequestError
from vistab.spec.study import EvidenceSpec
from vistab.spec.targets import DigitsTarget
from vistab.targets import make_target
from vistab.targets.data import DataSet, decode
from vistab.targets.features import FeatureSpace
from vistab.training.feature_spaces import feature_map, reference_rows
from vistab.training.inception import coloured, inception_features, load_inception

DIGITS = DigitsTarget(kind="digits")


@pytest.fixture
def digits() -> DataSet:
    target = make_target(DIGITS)
    assert isinstance(target, DataSet)
    return target


def numbered(n: int, digits: DataSet) -> DataSet:
    """n images of four pixels, uint8, each a number of its own."""
    data = np.arange(n, dtype="<u4").view(np.uint8).reshape(n, 4)
    return replace(digits, data=data, shape=(1, 2, 2))


@dataclass(frozen=True, eq=False)
class Stacked:
    """Three rows make one sample, as digits in colour channels do."""

    data: np.ndarray
    shape: tuple[int, ...] = (3, 8, 8)

    @property
    def dimension(self) -> int:
        return math.prod(self.shape)

    def pick(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return generator.integers(len(self.data), size=(n, 3))

    def sample(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return decode(self.data[self.pick(n, generator)]).reshape(n, -1)


def test_few_data_are_all_compared_with(digits: DataSet) -> None:
    rows = reference_rows(digits)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(np.unique(rows, axis=0), np.unique(digits.data, axis=0))
    assert len(rows) == 1797
    assert not np.array_equal(rows, digits.data)  # files are often sorted


def test_of_many_data_5000_different_ones_are_compared_with(digits: DataSet) -> None:
    rows = reference_rows(numbered(6001, digits))
    assert rows.shape == (5000, 4)
    assert len(np.unique(rows, axis=0)) == 5000
    assert (np.abs(rows) <= 1).all()


def test_of_images_put_together_5000_samples_are_compared_with(digits: DataSet) -> None:
    rows: Any = reference_rows(Stacked(digits.data))  # type: ignore[arg-type]
    assert rows.shape == (5000, 192)
    assert len(np.unique(rows, axis=0)) == 5000


def test_the_reference_is_always_the_same(digits: DataSet) -> None:
    for target in (digits, numbered(6001, digits), Stacked(digits.data)):
        one, other = (reference_rows(target) for _ in range(2))  # type: ignore[arg-type]
        np.testing.assert_array_equal(one, other)


def test_pixels_are_compared_along_the_axes_of_the_data(digits: DataSet) -> None:
    features = feature_map(EvidenceSpec(features="pixels"), DIGITS, digits)
    expected = FeatureSpace.of(reference_rows(digits))(digits.data[:50])
    np.testing.assert_array_equal(features(digits.data[:50]), expected)


def test_the_axes_are_learnt_from_2000_images(digits: DataSet) -> None:
    """Which span what these do; the other 3,000 are off it."""
    many = np.zeros((5000, 64), dtype=np.float32)
    target = replace(digits, data=many)
    chosen = np.random.default_rng(0).permutation(5000)
    rng = np.random.default_rng(1)
    many[chosen[:2000], :8] = rng.normal(size=(2000, 8))
    many[chosen[2000:], 8:] = rng.normal(size=(3000, 56))
    features = feature_map(EvidenceSpec(), DIGITS, target)
    assert isinstance(features, FeatureSpace)
    assert features.dimension == 8 + 1


def test_a_target_with_a_space_of_its_own_is_compared_there(digits: DataSet) -> None:
    space = FeatureSpace.of(digits.data[:100])
    target = replace(digits, space=space)
    assert feature_map(EvidenceSpec(features="pixels"), DIGITS, target) is space


def test_the_classifier_is_that_of_the_target(
    digits: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in: it counts."""
    module: Any = ModuleType("vistab.targets.classifier")

    class Classifier:
        def __init__(self, spec: Any) -> None:
            self.kind = spec.kind

        def embed(self, rows: np.ndarray) -> np.ndarray:
            return np.stack([rows.sum(axis=1), np.full(len(rows), len(self.kind))], axis=1)

    module.classifier_for = Classifier
    monkeypatch.setitem(sys.modules, "vistab.targets.classifier", module)
    features = feature_map(EvidenceSpec(features="classifier"), DIGITS, digits)
    expected = [[digits.data[0].sum(), 6.0]]
    np.testing.assert_allclose(features(digits.data[:1]), expected, rtol=1e-5)


@pytest.mark.slow
def test_the_classifier_itself_tells_digits_apart(
    digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is trained for this, and kept elsewhere than the user's own."""
    monkeypatch.setenv("VISTAB_CACHE", str(tmp_path))
    features = feature_map(EvidenceSpec(features="classifier"), DIGITS, digits)(digits.data)
    labels = load_digits().target
    centres = np.stack([features[labels == digit].mean(axis=0) for digit in range(10)])
    distance = np.linalg.norm(features[:, None] - centres, axis=2)
    assert np.mean(distance.argmin(axis=1) == labels) > 0.97


class Extractor(nn.Module):
    """A stand-in for torch_fidelity.FeatureExtractorInceptionV3, of the same signature.

    Its features are each colour's mean level, then zeros.
    """

    def __init__(
        self,
        name: str,
        features_list: list[str],
        feature_extractor_weights_path: str | None = None,
        feature_extractor_internal_dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        assert (name, features_list) == ("inception-v3-compat", ["2048"])
        assert feature_extractor_internal_dtype is None
        assert set(kwargs) <= {"verbose"}
        self.fc = nn.Linear(4, 4)
        self.batches: list[int] = []
        if feature_extractor_weights_path is not None:
            torch.load(feature_extractor_weights_path, weights_only=False)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        assert x.dtype == torch.uint8
        assert x.dim() == 4
        assert x.shape[1] == 3
        assert not torch.is_grad_enabled()
        self.batches.append(len(x))
        return (torch.nn.functional.pad(x.float().mean(dim=(2, 3)), (0, 2045)),)


@pytest.fixture
def torch_fidelity(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("torch_fidelity")
    module.FeatureExtractorInceptionV3 = Extractor
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)


@pytest.mark.usefixtures("torch_fidelity")
def test_inception_sees_levels_in_batches(tmp_path: Path, digits: DataSet) -> None:
    weights = tmp_path / "weights.pth"
    torch.save({}, weights)
    before = torch.get_rng_state()
    network = load_inception(str(weights))
    torch.testing.assert_close(torch.get_rng_state(), before, rtol=0, atol=0)
    rows = digits.data[:150]
    found = inception_features(network, digits.shape, "cpu")(rows)
    assert found.shape == (150, 2048)
    assert found.dtype == np.float32
    expected = np.rint((rows + 1) * 127.5).mean(axis=1)
    np.testing.assert_allclose(found[:, :3], np.stack([expected] * 3, axis=1), rtol=1e-5)
    assert sum(network.batches) == 150
    assert max(network.batches) < 100


@pytest.mark.usefixtures("torch_fidelity")
def test_inception_is_one_of_the_spaces(digits: DataSet) -> None:
    features = feature_map(EvidenceSpec(features="inception"), DIGITS, digits)
    assert features(digits.data[:3]).shape == (3, 2048)


def test_stored_levels_come_back_in_the_order_of_the_target() -> None:
    images = np.random.default_rng(0).integers(256, size=(5, 3, 4, 6), dtype=np.uint8)
    found = coloured(decode(images.reshape(5, -1)), (3, 4, 6))
    np.testing.assert_array_equal(found.numpy(), images)


def test_grey_images_become_three_equal_colours_and_what_lies_beyond_is_cut_off() -> None:
    found = coloured(np.array([[-1, 1, 0, -7, 7, 0.5]], dtype=np.float32), (1, 2, 3))
    assert found.shape == (1, 3, 2, 3)
    for colour in range(3):
        assert found[0, colour].flatten().tolist() == [0, 255, 128, 0, 255, 191]


def test_a_package_that_is_not_there_is_told_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(RequestError, match=r"pip install 'vistab\[inception\]'.*pixels"):
        load_inception(None)


@pytest.mark.usefixtures("torch_fidelity")
def test_weights_must_be_a_file_of_weights(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"must be a file, .*nothing\.pth got"):
        load_inception(str(tmp_path / "nothing.pth"))
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(RequestError, match=r"cannot be loaded from .*text\.pth"):
        load_inception(str(tmp_path / "text.pth"))


def test_weights_that_cannot_be_downloaded_are_told_by_name(
    torch_fidelity: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no way out")

    monkeypatch.setattr(Extractor, "__init__", offline)
    with pytest.raises(RequestError, match=r"downloaded \(OSError: no way out\).*6726825d\.pth"):
        load_inception(None)
