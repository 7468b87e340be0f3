"""Programs: a function of stacked tensors, traced once and replayed.

vmap and autograd cost some milliseconds of Python a call, as much as the arithmetic of a small
pack. Both decide nothing that depends on the numbers, so `make_fx` writes their tensor operations
down, and a replay does those alone: the same operations in the same order, hence the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_map

Function = Callable[..., Any]


class Programs:
    """Functions traced at their first call, by key: one function and its shapes each.

    compiled: torch.compile fuses a program's operations. That takes a while, and rounds otherwise.
    """

    def __init__(self, *, compiled: bool = False) -> None:
        self._compiled = compiled
        self._traced: dict[object, Function] = {}

    def run(self, key: object, function: Function, *arguments: Any) -> Any:
        """What function(*arguments) gives, without gradients; in-place changes are made once."""
        if key not in self._traced:
            traced = _traced(function, arguments)
            self._traced[key] = torch.compile(traced) if self._compiled else traced
        with torch.no_grad():
            return self._traced[key](*arguments)


def _traced(function: Function, arguments: Any) -> Function:
    """The operations of function(*arguments), as a function.

    On copies: tracing runs the function, and its in-place changes must not count twice. Torch notes
    every value's shape as a fake tensor, and makes a mode for each, stack trace and all, unless
    there is one: with it, tracing takes less than half of the time.
    """
    with tracing(TracingContext(FakeTensorMode())):
        traced: Function = make_fx(function)(*_copied(arguments))
    return traced


def _copied(arguments: Any) -> Any:
    """The tensors on copies of their storages: operations depend on their strides, too."""
    copies: dict[int, torch.UntypedStorage] = {}

    def copy(one: Tensor) -> Tensor:
        storage = one.untyped_storage()
        if storage.data_ptr() not in copies:
            copies[storage.data_ptr()] = storage.clone()  # type: ignore[no-untyped-call]
        place = copies[storage.data_ptr()], one.storage_offset(), one.size(), one.stride()
        return torch.empty(0, dtype=one.dtype, device=one.device).set_(*place)

    return tree_map(copy, arguments)
