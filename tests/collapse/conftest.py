import numpy as np
import pytest

from vistab.spec.targets import GridTarget, RingTarget
from vistab.targets import Target, make_target


@pytest.fixture
def ring() -> Target:
    """The ring of 8 that most studies use."""
    return make_target(RingTarget(kind="ring"))


@pytest.fixture
def grid() -> Target:
    """The grid of 25."""
    return make_target(GridTarget(kind="grid"))


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every session."""
    return np.random.default_rng(20)
