"""What the tests of fidelity share: random numbers, and real digits as features."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from vistab.targets.features import FeatureSpace


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Features [1797, f] of scikit-learn's digits in random order, and which digit each is."""
    order = np.random.default_rng(0).permutation(1797)
    pixels, labels = load_digits(return_X_y=True)
    pixels = pixels[order] / 8 - 1
    return FeatureSpace.of(pixels)(pixels), labels[order]
