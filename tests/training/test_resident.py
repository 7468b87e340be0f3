"""Data sets on the device: the same numbers as drawn on the CPU, whatever is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.spec.targets import DigitsTarget, RingTarget
from vistab.targets import make_target
from vistab.targets.data import DataSet, decode
from vistab.training.resident import data_sampler, decoded, fits, resident

DIGITS: Any = make_target(DigitsTarget(kind="digits"))
LEVELS = replace(DIGITS, data=np.round((DIGITS.data + 1) * 127.5).astype(np.uint8))


@dataclass(frozen=True, eq=False)
class Stacked(DataSet):
    """Three rows make one sample."""

    def pick(self, n: int, generator: np.random.Generator) -> Any:
        return generator.integers(len(self.data), size=(n, 3))

    def sample(self, n: int, generator: np.random.Generator) -> Any:
        return decode(self.data[self.pick(n, generator)]).reshape(n, -1)


STACKED = Stacked(LEVELS.data, (3, 8, 8), DIGITS.modes, 1.0)


@pytest.mark.parametrize("target", [DIGITS, LEVELS, STACKED], ids=["floats", "levels", "stacked"])
@given(n=st.integers(1, 40), seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_the_same_bits_as_drawn_on_the_cpu(target: Any, n: int, seed: int) -> None:
    drawn = resident(target, torch.device("cpu"))(n)(np.random.default_rng(seed))
    expected = target.sample(n, np.random.default_rng(seed))
    assert torch.as_tensor(drawn).dtype == torch.float32
    np.testing.assert_array_equal(np.asarray(drawn), expected)


def test_levels_are_decoded_to_the_bit() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(decoded(torch.from_numpy(levels)).numpy(), decode(levels))
    assert decode(levels)[[0, 255]].tolist() == [-1.0, 1.0]


def test_on_the_cpu_nothing_is_copied() -> None:
    """Densities and data are drawn as they are."""
    cpu = torch.device("cpu")
    assert not fits(DIGITS, cpu)
    for target in (DIGITS, make_target(RingTarget(kind="ring"))):
        drawn = data_sampler(target, cpu)(5)(np.random.default_rng(0))
        np.testing.assert_array_equal(drawn, target.sample(5, np.random.default_rng(0)))


@pytest.mark.parametrize(("total", "there"), [(20, True), (19, False)])
def test_what_does_not_leave_room_for_other_packs_stays_where_it_is(
    total: int, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take a twentieth of the GPU's memory."""
    room = (0, total * LEVELS.data.nbytes)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: room)
    assert fits(LEVELS, torch.device("cuda")) == there
