"""Functions of tensors, written down at their first call and replayed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from vistab.training.program import Programs


def grow(total: Tensor, step: Tensor) -> Tensor:
    """A change in place, and a value."""
    total.add_(step)
    return (2 * total).sin()


def test_a_replay_does_what_the_function_does_and_changes_in_place_once() -> None:
    programs, total = Programs(), torch.zeros(3)
    for k in (1, 2, 3):
        found = programs.run("grow", grow, total, torch.ones(3))
        assert torch.equal(total, torch.full((3,), float(k)))
        assert torch.equal(found, torch.full((3,), 2.0 * k).sin())


def test_one_mode_does_for_all_values_of_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch would make one a value, with the whole stack: most of the time of a small pack."""
    made, make = [], FakeTensorMode.__init__

    def noted(mode: FakeTensorMode, *arguments: object, **further: object) -> None:
        made.append(mode)
        make(mode, *arguments, **further)

    monkeypatch.setattr(FakeTensorMode, "__init__", noted)
    Programs().run("grow", grow, torch.zeros(3), torch.ones(3))
    assert len(made) == 1
