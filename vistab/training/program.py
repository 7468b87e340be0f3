"""Programs: a function of stacked tensors, traced once and replayed.

vmap and autograd cost some milliseconds of Python a call, as much as the arithmetic of a small
pack. Both decide nothing that depends on the numbers, so `make_fx` writes their tensor operations
down, and a replay does those alone: the same operations in the same order, hence the same bits.
Random numbers of torch's own would be the exception, so what draws them is refused while traced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from vistab.training.streams import draws_numbers

Function = Callable[..., Any]


class Programs:
    """Functions traced at their first call, by key: one function and its shapes each.

    compiled: torch.compile fuses a program's operations. That takes a while, and rounds otherwise.
    """

    def __init__(self, *, compiled: bool = False) -> None:
        self._compiled = compiled
        self._traced: dict[object, Function] = {}

    def run(self, key: object, function: Function, *arguments: Any) -> Any:
        """What function(*arguments) gives, without gradients; in-place changes are made once.

        TypeError, raised through the line at fault, if it draws random numbers of torch's own.
        """
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
        traced: Function = make_fx(_guarded(function))(*_copied(arguments))
    return traced


def _guarded(function: Function) -> Function:
    def guarded(*arguments: Any) -> Any:
        with _NoDraws(), _OutByCopy():  # type: ignore[no-untyped-call]
            return function(*arguments)

    return guarded


class _NoDraws(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Refuses whatever draws: its numbers would be keyed to nothing, and never the same again."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Do the operation, unless it draws."""
        kwargs = kwargs or {}
        if draws_numbers(func) and not _drops_nothing(func, args, kwargs):
            raise TypeError(
                f"{func.overloadpacket} draws random numbers of torch's own (as dropout does), "
                "which belong to no seed of the study; take them from inputs: latents, "
                "encoder_noise or generator_noise"
            )
        return func(*args, **kwargs)


class _OutByCopy(TorchFunctionMode):
    """Writes into `out=` by a copy, since vmap knows no other way; spectral norm needs it."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call the function, and copy what it gives to where it was to go."""
        kwargs = dict(kwargs or {})
        if not isinstance(kwargs.get("out"), Tensor):
            return func(*args, **kwargs)
        out: Tensor = kwargs.pop("out")
        return out.copy_(func(*args, **kwargs))


def _drops_nothing(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Attention counts as drawing, but without dropout it does not."""
    names = [argument.name for argument in func._schema.arguments]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return "dropout_p" in names and not given.get("dropout_p", 0.0)


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
