"""Initial weights: every parameter has random numbers of its own, keyed by its name.

A family builds its networks with torch's ordinary initialisers, one after the other. Drawn from one
generator, whatever changes one network would change all that are built after it. So the networks
are built twice: once to see which parameter or buffer each random draw ends up in, and once more
with every draw keyed by (seed, replicate, network, parameter, how many draws went there before).
Parameters of one name and shape are then equal in all arms, whatever else these build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vistab.training.streams import Streams, draws_numbers

Build = Callable[[], Mapping[str, nn.Module]]
NOWHERE = "none"
"""Stands for the name of what a draw ends up in, if that is neither a parameter nor a buffer."""


def owners_of(build: Build) -> tuple[str, ...]:
    """Of each random draw that `build` makes, in order: the name of what it ends up in."""
    flow = _Flow()
    with torch.random.fork_rng(devices=[]), flow:
        networks = build()
    names = _names(networks)
    return tuple(
        next((names[place] for place in reached if place in names), NOWHERE)
        for reached in flow.reached
    )


def keyed(build: Build, owners: Sequence[str], streams: Streams) -> Mapping[str, nn.Module]:
    """What `build` gives, the draws of each owner from its own streams `weights/<owner>/<n>`."""
    with streams.torch_seeded("weights"), _Keyed(owners, streams):
        return build()


def name_of(network: str, parameter: str) -> str:
    """`network.parameter`, for a parametrised one (spectral norm, say) as without it."""
    plain = parameter.replace("parametrizations.", "").replace(".original", "")
    return f"{network}.{plain}"


def _names(networks: Mapping[str, nn.Module]) -> dict[int, str]:
    """Parameters and buffers by where their numbers lie."""
    names: dict[int, str] = {}
    for network, module in networks.items():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            names.setdefault(_place(tensor), name_of(network, name))
    return names


def _place(tensor: Tensor) -> int:
    place: int = tensor.untyped_storage()._cdata
    return place


def _tensors(tree: Any) -> Iterable[Tensor]:
    return (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))


class _Flow(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Follows random numbers: `reached` holds, of each draw, the places they came to, in order."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.reached: list[list[int]] = []
        self._draws: dict[int, set[int]] = {}
        self._kept: list[torch.UntypedStorage] = []  # or another tensor might take the place over

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Do the operation, and note what its random numbers flow into."""
        kwargs = kwargs or {}
        draws = {
            draw for one in _tensors((args, kwargs)) for draw in self._draws.get(_place(one), ())
        }
        result = func(*args, **kwargs)
        if draws_numbers(func):
            draws.add(len(self.reached))
            self.reached.append([])
        if draws:
            for tensor in _tensors(result):
                self._note(tensor, draws)
        return result

    def _note(self, tensor: Tensor, draws: set[int]) -> None:
        known = self._draws.setdefault(_place(tensor), set())
        for draw in draws - known:
            self.reached[draw].append(_place(tensor))
        known |= draws
        self._kept.append(tensor.untyped_storage())


class _Keyed(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Seeds torch's global generator anew for every draw."""

    def __init__(self, owners: Sequence[str], streams: Streams) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._owners, self._streams = iter(owners), streams
        self._before: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Do the operation; if it draws, with random numbers of their own."""
        if draws_numbers(func):
            owner = next(self._owners, NOWHERE)
            torch.manual_seed(self._streams.torch_seed(f"weights/{owner}/{self._before[owner]}"))
            self._before[owner] += 1
        return func(*args, **(kwargs or {}))
