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

ROOM: Final = 0.05
"""Share of a GPU's memory that a data set may take: several packs may share the GPU, each with a
copy of its own, and plans leave 20 % of the memory free. All of CelebA, 64 x 64, is 2.3 GiB."""


def data_sampler(target: Target, device: torch.device) -> Callable[[int], Sampler]:
    """By batch size n, how a batch of data [n, d] is drawn: the same numbers on every device."""
    if isinstance(target, DataTarget) and fits(target, device):
        return resident(target, device)
    return lambda n: lambda generator: target.sample(n, generator)


def fits(target: DataTarget, device: torch.device) -> bool:
    """Whether the data set is worth copying, and small enough, for this device."""
    if device.type != "cuda":
        return False
    _, total = torch.cuda.mem_get_info(device)
    return target.data.nbytes <= ROOM * total


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
