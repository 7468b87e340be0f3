"""kill -9 of the process that trains a pack, again and again: the same bits in the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vistab.training.checkpoints import saved

pytestmark = pytest.mark.slow

SCRIPT = """
import sys, torch
from pathlib import Path
sys.path.insert(0, {here!r})
from conftest import settings
from vistab.plan.model import Arm, Pack, Run
from vistab.training import train_pack
torch.set_num_threads(1)
calm = {{"optimizer": {{"kind": "sgd", "learning_rate": 0.1}}, "weight": 5.0}}
wild = {{"optimizer": {{"kind": "sgd", "learning_rate": 1e30}}}}
optimizers = {{"adam": ({{}}, {{"weight": 5.0}}, {{"optimizer": {{"learning_rate": 1e-2}}}}),
              "sgd": (calm, wild, calm)}}
shared = dict(rounds=120, snapshots=30, generator_steps=2, generator_batches=2,
              batch_norm={batch_norm}, anchor={anchor!r})
runs = tuple(
    Run(f"r{{k}}", Arm(f"a{{k}}", None, {{}}, settings(**(shared | own))), k)
    for k, own in enumerate(optimizers[{optimizer!r}])
)
record = train_pack(Pack("p", 0, runs), Path(sys.argv[1]), checkpoint_seconds=0.0)
record.history["mode_shares"] = record.history["mode_shares"].map(lambda x: x.tobytes().hex())
record.history.to_pickle(sys.argv[1] + "/history")
record.runs.drop(columns="seconds").to_pickle(sys.argv[1] + "/runs")
"""


def moment_after(directory: Path, changes: int, *, writing: bool) -> bool:
    """So many checkpoints were written since; if `writing`, the next is being written."""
    seen, count, deadline = saved(directory)[-1:], 0, time.monotonic() + 60
    while count < changes or (writing and not list(directory.glob(".round-*.tmp"))):
        now = saved(directory)[-1:]
        count, seen = count + (now != seen), now
        if time.monotonic() > deadline:
            return False
    return True


@pytest.mark.parametrize(
    ("optimizer", "batch_norm", "anchor"),
    [("adam", False, "phase_start"), ("sgd", True, "previous_phase")],
)
def test_a_pack_killed_at_three_moments_ends_with_the_same_bits(
    optimizer: str, batch_norm: bool, anchor: str, tmp_path: Path
) -> None:
    """Two of them as a checkpoint is being written; the process is a new one each time."""
    script = SCRIPT.format(
        here=str(Path(__file__).parent), optimizer=optimizer, batch_norm=batch_norm, anchor=anchor
    )
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    for directory in (killed, undisturbed):
        directory.mkdir()
    for writing in (False, True, True):
        process = subprocess.Popen([sys.executable, "-c", script, killed])
        assert moment_after(killed, 3, writing=writing)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    for directory in (killed, undisturbed):
        subprocess.run([sys.executable, "-c", script, directory], check=True)
    for name in ("history", "runs"):
        assert (killed / name).read_bytes() == (undisturbed / name).read_bytes()
