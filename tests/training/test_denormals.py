"""Numbers that are as good as 0 are 0, whichever thread of torch's pool computes them."""

from __future__ import annotations

import pytest
import torch

from vistab.training.denormals import flushing_denormals

MANY = 1_000_000
"""Elements: enough for torch to share them out among its threads."""


def share_of_zeros() -> float:
    """Of halves of numbers near the smallest normal one: all are denormal."""
    return float((torch.full((MANY,), 1.5e-38) * 0.5 == 0).double().mean())


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_thread_flushes_and_none_does_so_afterwards(threads: int) -> None:
    """Also threads that were there before, as they are in a process that trains many packs."""
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor cannot")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert share_of_zeros() == 0.0
        for _ in range(2):
            with flushing_denormals():
                assert share_of_zeros() == 1.0
            assert share_of_zeros() == 0.0
    finally:
        torch.set_num_threads(before)


def test_an_error_ends_it_too() -> None:
    """A pack that crashes leaves the process as it was."""
    with pytest.raises(ValueError, match="x"), flushing_denormals():
        raise ValueError("x")
    assert share_of_zeros() == 0.0
