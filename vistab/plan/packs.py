"""Which runs are stacked and trained as one program."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vistab.plan.memory import pack_memory, run_memory, shared_memory
from vistab.plan.model import Arm, Pack, Run, digest
from vistab.spec.axes import get, sections_of, sweepable_fields
from vistab.spec.claims import IdenticalClaim
from vistab.spec.grid import Grid
from vistab.spec.selection import compare
from vistab.spec.study import Settings, Study

_SIZES = {
    ("mlp", "cpu"): 64,
    ("mlp", "cuda"): 512,
    ("dcgan", "cpu"): 1,
    ("dcgan", "cuda"): 8,
    ("em", "cpu"): 64,
    ("em", "cuda"): 512,
}
"""Runs per pack by network, or by family where it has none, and by device: more gain nothing.

benchmarks/packs.py measures them for networks. Mixtures gain less from company.
"""

Group = tuple[Any, ...]
"""The values of the splitting columns: arms of one group run the same program."""


def pack_size(settings: Settings, device: str = "cpu", memory: float = math.inf) -> int:
    """How many runs of these settings one pack should hold at most on `device`; 1 if unknown.

    memory: bytes that the pack may fill. A run that does not fit is a pack of its own.
    """
    network = getattr(settings.family, "network", None)
    most = _SIZES.get((getattr(network, "kind", settings.family.kind), device), 1)
    needed = run_memory(settings)
    if needed is None:
        return most
    return max(1, int(min(most, (memory - shared_memory(settings)) / needed)))


def make_packs(
    study: Study, grid: Grid, arms: Sequence[Arm], runs: Sequence[Run]
) -> tuple[Pack, ...]:
    """The runs as packs: equal splitting fields within a pack, replicates kept together.

    Packs of a group differ by one run at most. Where an identical claim compares runs, all packs
    of the groups it links have one size, since another size may round differently. A plan of one
    group becomes two packs at least, so that two workers are busy.
    """
    groups = _groups(study, grid)
    members = {
        group: _ordered(arms_in, study.replicates, runs) for group, arms_in in groups.items()
    }
    sizes = {group: _limit(study, arms[indices[0]]) for group, indices in groups.items()}
    if len(groups) == 1 and study.resources.pack == "auto":
        sizes = {group: min(sizes[group], math.ceil(len(members[group]) / 2)) for group in groups}
    equal = _equal_sizes(study, grid, groups, members, sizes)
    return tuple(
        _pack(study.seed, chunk)
        for group, ordered in members.items()
        for chunk in _chunks(ordered, _n_packs(len(ordered), sizes[group], equal.get(group)))
    )


def program_of(settings: Settings) -> Group:
    """What must be equal for runs to share a pack: the values of all fields that do not stack."""
    fields = sweepable_fields(sections_of(settings))
    return tuple(get(settings, path) for path, field in fields.items() if not field.stacks)


def _limit(study: Study, arm: Arm) -> int:
    if study.resources.pack != "auto":
        return study.resources.pack
    device = "cuda" if study.resources.gpus_per_pack > 0 else "cpu"
    return pack_size(arm.settings, device, pack_memory(study.resources))


def _groups(study: Study, grid: Grid) -> dict[Group, list[int]]:
    """Arm indices by the values of their splitting columns."""
    fields = sweepable_fields(sections_of(study))
    splitting = [at for at, column in enumerate(grid.columns) if not fields[column].stacks]
    groups: dict[Group, list[int]] = {}
    for index, row in enumerate(grid.rows):
        groups.setdefault(tuple(row[at] for at in splitting), []).append(index)
    return groups


def _ordered(indices: Sequence[int], replicates: int, runs: Sequence[Run]) -> list[Run]:
    """The runs of some arms by (replicate, arm): draws are shared by the runs of a replicate."""
    return [runs[index * replicates + r] for r in range(replicates) for index in indices]


def _n_packs(n_runs: int, limit: int, equal_size: int | None) -> int:
    """How many packs: as few as the limit allows, but equal ones if up to twice as many can be."""
    if equal_size is not None:
        return n_runs // equal_size
    fewest = math.ceil(n_runs / limit)
    candidates = range(fewest, min(2 * fewest, n_runs) + 1)
    return next((n for n in candidates if n_runs % n == 0), fewest)


def _chunks(runs: Sequence[Run], n_packs: int) -> Iterable[Sequence[Run]]:
    size, larger = divmod(len(runs), n_packs)
    start = 0
    for index in range(n_packs):
        end = start + size + (index < larger)
        yield runs[start:end]
        start = end


def _pack(seed: int, runs: Sequence[Run]) -> Pack:
    ids = "\n".join(run.run_id for run in runs)
    return Pack(f"p{digest(ids)}", seed, tuple(runs))


def _equal_sizes(
    study: Study,
    grid: Grid,
    groups: Mapping[Group, Sequence[int]],
    members: Mapping[Group, Sequence[Run]],
    limits: Mapping[Group, int],
) -> dict[Group, int]:
    """The one pack size of every group that an identical claim reads, alone or with others."""
    sizes: dict[Group, int] = {}
    for linked in _linked_groups(study, grid, groups):
        common = math.gcd(*(len(members[group]) for group in linked))
        limit = min(limits[group] for group in linked)
        size = max(n for n in range(1, min(limit, common) + 1) if common % n == 0)
        sizes |= dict.fromkeys(linked, size)
    return sizes


def _linked_groups(
    study: Study, grid: Grid, groups: Mapping[Group, Sequence[int]]
) -> list[set[Group]]:
    """Groups whose runs identical claims compare with each other, directly or in a chain."""
    group_of = {index: group for group, indices in groups.items() for index in indices}
    linked: list[set[Group]] = []
    for claim in study.claims:
        if isinstance(claim, IdenticalClaim):
            for cell in compare(grid, claim)[0].cells:
                together = {group_of[index] for arms in cell.arms.values() for index in arms}
                touching = [other for other in linked if other & together]
                linked = [other for other in linked if other not in touching]
                linked.append(together.union(*touching))
    return linked
