"""Numbers below 1e-38 count as 0 while a pack is trained, in every thread that computes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from threadpoolctl import threadpool_info

_Body = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


@contextmanager
def flushing_denormals() -> Iterator[None]:
    """Moments of idle units decay into such numbers, and they are slow.

    Torch sets this for the thread that asks alone. Those of its pool would go on as they were made,
    and a number would depend on which of them computed it.
    """
    _in_every_thread(lambda: torch.set_flush_denormal(True))
    try:
        yield
    finally:
        _in_every_thread(lambda: torch.set_flush_denormal(False))


def _in_every_thread(act: Callable[[], object]) -> None:
    """Act in this thread and in those that OpenMP keeps for it, which compute for torch."""
    act()
    threads = torch.get_num_threads()
    if threads > 1:
        body = _Body(lambda _: act() and None)
        for library in _openmp():
            library.GOMP_parallel(body, None, threads, 0)


@lru_cache(maxsize=1)  # looking for them takes longer than a round of a small pack
def _openmp() -> list[Any]:
    """The OpenMP libraries in this process, but for those that cannot be called like GNU's."""
    paths = [one["filepath"] for one in threadpool_info() if one["user_api"] == "openmp"]
    return [library for library in map(ctypes.CDLL, paths) if hasattr(library, "GOMP_parallel")]
