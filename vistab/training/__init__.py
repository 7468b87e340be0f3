"""Trains packs: stacked runs, phases into rounds, evidence, checkpoints. Knows nothing of Ray."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vistab.results.record import OnProgress, ignore

if TYPE_CHECKING:
    from vistab.plan.model import Pack
    from vistab.results.record import PackRecord


def train_pack(
    pack: Pack,
    directory: Path,
    report: OnProgress = ignore,
    device: str = "cpu",
    *,
    compiled: bool = False,
    checkpoint_seconds: float = 60.0,
) -> PackRecord:
    """Train every run of a pack, rule on each, and return what happened.

    `directory` holds the pack's checkpoints, one every `checkpoint_seconds`: called again after a
    kill, training goes on from there and ends with the same bits on the same device. `report` is
    called at every snapshot, and every few seconds between. `compiled`: by torch.compile. A run
    that diverges is frozen, never raised. Number of torch threads: the caller's; the bits hold for
    equal numbers.
    """
    from vistab.training import train  # torch is loaded only once there is something to train

    return train.train_pack(
        pack,
        directory,
        report,
        device,
        compiled=compiled,
        checkpoint_seconds=checkpoint_seconds,
    )
