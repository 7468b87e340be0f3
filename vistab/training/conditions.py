"""What decides the bits of a pack beside its seed: the machine, how it computes, and torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from vistab.results.provenance import cpu

Conditions = dict[str, str | int | bool]
"""By column of runs.parquet: see CONDITION_COLUMNS of `vistab.results.record`."""

Stretches = list[tuple[int, Conditions]]
"""Under what conditions a pack was trained, each from the round after this one on."""


def conditions(device: str, runs: int, *, compiled: bool) -> Conditions:
    """Those that a pack of so many runs meets in this process, on a torch device."""
    on_gpu = torch.device(device).type == "cuda"
    return {
        "device": device,
        "device_name": torch.cuda.get_device_name(device) if on_gpu else cpu(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "pack_size": runs,
        "compiled": compiled,
        "torch": str(torch.__version__),
    }


def going_on(stretches: Stretches, round_: int, now: Conditions) -> Stretches:
    """The stretches with the one that begins after a round, if it is another than the last."""
    return stretches if stretches and stretches[-1][1] == now else [*stretches, (round_, now)]


def columns_of(stretches: Sequence[tuple[int, Conditions]]) -> Conditions:
    """The last conditions; `device_name` tells of those before, if a pack moved half way.

    So runs of which one moved do not pass for runs that were trained alike.
    """
    (start, before), *later = stretches
    name = str(before["device_name"])
    if start:  # the checkpoint of an earlier version
        name = f"not known up to round {start}; {name}"
    for round_, now in later:
        changed = (f"{key} {value}" for key, value in now.items() if value != before[key])
        name += f"; after round {round_}: {', '.join(changed)}"
        before = now
    return {**before, "device_name": name}
