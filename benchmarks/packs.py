"""Runs per minute: packs against one run per process with plain torch.

    python benchmarks/packs.py [--rounds 1200] [--pack 64] [--plain 8]

Both sides train the same GAN on the ring (2 generator steps a phase, no batch norm) for the same
rounds on the same random numbers, two processes at a time with one torch thread each, start-up
included. Packs: two worker processes, one pack each, through `train_pack`, which also measures,
rules and keeps evidence. Plain: a fresh process a run, nn modules and torch.optim, no evidence.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import GanFamily, RegularizerSpec
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import RingTarget
from vistab.training import train_pack

WORKERS = 2
ARMS = [(weight, rate) for weight in (0.0, 5.0) for rate in (1e-3, 2e-3, 4e-3)]


def settings(rounds: int, weight: float, rate: float) -> Settings:
    """The ring, 2 generator steps, without batch norm."""
    family = GanFamily(kind="gan", generator_steps=2, regularizer=RegularizerSpec(weight=weight))
    return Settings(
        target=RingTarget(kind="ring"),
        family=family,
        optimizer=OptimizerSpec(learning_rate=rate),
        budget=BudgetSpec(rounds=rounds),
    )


def make_runs(count: int, rounds: int) -> list[Run]:
    """`count` runs: arms of one replicate, then those of the next."""
    runs = []
    for k in range(count):
        replicate, arm = divmod(k, len(ARMS))
        made = Arm(f"a{arm}", None, {}, settings(rounds, *ARMS[arm]))
        runs.append(Run(f"a{arm}-r{replicate:03d}", made, replicate))
    return runs


def train_one_pack(pack: Pack) -> int:
    """In a worker: train a pack; the number of its runs."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as directory:
        return len(train_pack(pack, Path(directory)).runs)


def time_packs(runs: Sequence[Run]) -> float:
    """Seconds that two fresh workers take for all runs, one pack each."""
    packs = [Pack(f"p{w}", 0, tuple(runs[w::WORKERS])) for w in range(WORKERS)]
    start = perf_counter()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        assert sum(pool.map(train_one_pack, packs)) == len(runs)
    return perf_counter() - start


def train_one_plain(run: Run) -> None:
    """Train one run in a fresh process."""
    with tempfile.TemporaryDirectory() as directory:
        asked = Path(directory) / "settings.pickle"
        asked.write_bytes(pickle.dumps(run.arm.settings))
        script = Path(__file__).with_name("plain.py")
        command = [sys.executable, str(script), str(asked), "0", str(run.replicate)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def time_plain(runs: Sequence[Run]) -> float:
    """Seconds for all runs, one process each, two at a time."""
    start = perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(train_one_plain, runs))
    return perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> float:
    """Time both sides, print the table, return the ratio of runs per minute."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1200)
    parser.add_argument("--pack", type=int, default=64, help="runs per pack")
    parser.add_argument("--plain", type=int, default=8, help="runs of the plain side")
    asked = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # for the workers of both sides
    sides = {
        f"packs of {asked.pack}": (time_packs, make_runs(WORKERS * asked.pack, asked.rounds)),
        "one run per process": (time_plain, make_runs(asked.plain, asked.rounds)),
    }
    table = Table("", "runs", "seconds", "runs per minute", title=f"{asked.rounds} rounds a run")
    speeds = []
    for name, (measure, runs) in sides.items():
        seconds = measure(runs)
        speeds.append(60 * len(runs) / seconds)
        table.add_row(name, str(len(runs)), f"{seconds:.1f}", f"{speeds[-1]:.1f}")
    console = Console()
    console.print(table)
    console.print(f"ratio: {speeds[0] / speeds[1]:.1f}")
    return speeds[0] / speeds[1]


if __name__ == "__main__":
    main()
