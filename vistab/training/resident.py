"""Data sets on the device: copied there once, so that only the picks of each batch follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from vistab.targets import Target
from vistab.targets.data import LEVEL, DataTarget
from vistab.training.streams import Sampler

ROOM: Final = 4
"""A data set is copied to a GPU if this many times its size is free: packs may share the GPU."""


def data_sampler(target: Target, device: torch.device) -> Callable[[int], Sampler]:
    """By batch size n, how a batch of data [n, d] is drawn: the same numbers on every device."""
    if isinstance(target, DataTarget) and fits(target, device):
        return resident(target, device)
    return lambda n: lambda generator: target.sample(n, generator)


def fits(target: DataTarget, device: torch.device) -> bool:
    """Whether the data set is worth copying, and small enough, for this device."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return ROOM * target.data.nbytes <= free


def resident(target: DataTarget, device: torch.device) -> Callable[[int], Sampler]:
    """The sampler that picks from a copy of the data on `device`."""
    data = torch.from_numpy(np.array(target.data)).to(device)  # of a copy: files are read-only

    def sampler(n: int) -> Sampler:
        def draw(generator: np.random.Generator) -> Tensor:
            picked = torch.from_numpy(target.pick(n, generator)).to(device)
            return decoded(data[picked]).reshape(n, -1)

        return draw

    return sampler


def decoded(rows: Tensor) -> Tensor:
    """What `vistab.targets.data.decode` gives, to the bit."""
    if rows.dtype == torch.uint8:
        return rows.to(torch.float32).mul_(float(LEVEL)).sub_(1)
    return rows.to(torch.float32)
