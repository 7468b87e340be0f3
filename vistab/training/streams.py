"""Random numbers: drawn once per replicate, keyed, so that nothing depends on pack or worker.

Every stream is keyed by (seed, replicate, stream name), every draw in it by (round, block). Philox
is counter-based: the key and the counter say all, so draws need no order and keep no state.
The global generators of torch, numpy and random are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Sampler = Callable[[np.random.Generator], npt.NDArray[np.float32] | torch.Tensor]
"""Draws one replicate's float32 numbers, on the CPU or on the device where they are wanted."""


def key(seed: int, replicate: int, stream: str) -> npt.NDArray[np.uint64]:
    """The 128-bit Philox key of a stream."""
    name = f"{seed}/{replicate}/{stream}".encode()
    return np.frombuffer(blake2b(name, digest_size=16).digest(), dtype="<u8").astype(np.uint64)


@dataclass(frozen=True)
class Streams:
    """All random numbers of one replicate."""

    seed: int
    replicate: int

    def generator(self, stream: str, round_: int = 0, block: int = 0) -> np.random.Generator:
        """The numpy generator of one draw; Philox counts in the low words, which start at 0."""
        counter = np.array([0, 0, block, round_], dtype=np.uint64)
        philox = np.random.Philox(key=key(self.seed, self.replicate, stream), counter=counter)
        return np.random.Generator(philox)

    @contextmanager
    def torch_seeded(self, stream: str) -> Iterator[None]:
        """Within, torch's global CPU generator is keyed to `stream`; afterwards it is as before."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.torch_seed(stream))
            yield

    def torch_seed(self, stream: str) -> int:
        """What torch's generators are seeded with for a stream."""
        return int(key(self.seed, self.replicate, stream)[0])


def draws_numbers(operation: torch._ops.OpOverload[..., Any]) -> bool:
    """Whether an operation of torch reads random numbers of torch's own."""
    return torch.Tag.nondeterministic_seeded in operation.tags


def normal(size: tuple[int, ...]) -> Sampler:
    """A draw of standard normal numbers."""
    return lambda generator: generator.standard_normal(size, dtype=np.float32)


@dataclass(frozen=True)
class Draws:
    """The draws of a pack: one per replicate, handed to each run of that replicate."""

    streams: tuple[Streams, ...]
    index: torch.Tensor
    """[K] which of `streams` each run reads."""

    @classmethod
    def of(cls, seed: int, replicates: list[int], device: str) -> Draws:
        """The draws of runs with these replicates."""
        distinct = sorted(set(replicates))
        index = torch.tensor([distinct.index(r) for r in replicates], device=device)
        return cls(tuple(Streams(seed, r) for r in distinct), index)

    def draw(
        self,
        sample: Sampler,
        stream: str,
        round_: int = 0,
        block: int = 0,
    ) -> torch.Tensor:
        """[K, ...]: `sample` of each replicate's generator, equal for runs of one replicate."""
        drawn = (sample(one.generator(stream, round_, block)) for one in self.streams)
        distinct = torch.stack([torch.as_tensor(one) for one in drawn]).to(self.index.device)
        return distinct.index_select(0, self.index)
