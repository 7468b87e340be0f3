"""What finding out costs: seconds for evidence and rulings, over those for training.

    python benchmarks/evidence.py [--study studies/gan_stability.yaml]

Trains one pack of each program of a study (packs that differ in steps or batch norm), from start to
end, on one torch thread. Evidence: drawing samples, measuring them, calibrating, ruling on each
run, tables. Training: all the rest of the same packs.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from vistab import training
from vistab.plan import make_plan
from vistab.plan.model import Pack
from vistab.spec.load import load_study
from vistab.training import train

EVIDENCE = ("draw_samples", "observe", "measure_all", "record")
STUDY = Path(__file__).parents[1] / "studies" / "gan_stability.yaml"


class Clock:
    """Adds up the seconds spent in the functions that it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, on the clock."""

        def call(*args: Any, **named: Any) -> Any:
            start = perf_counter()
            try:
                return function(*args, **named)
            finally:
                self.seconds += perf_counter() - start

        return call


def seconds_of(pack: Pack) -> tuple[float, float]:
    """Seconds for evidence, and for all else, of one pack."""
    clock, originals = Clock(), {name: getattr(train, name) for name in EVIDENCE}
    for name, function in originals.items():
        setattr(train, name, clock.timed(function))
    try:
        with tempfile.TemporaryDirectory() as directory:
            start = perf_counter()
            training.train_pack(pack, Path(directory))
            total = perf_counter() - start
    finally:
        for name, function in originals.items():
            setattr(train, name, function)
    return clock.seconds, total - clock.seconds


def one_of_each(packs: Sequence[Pack]) -> dict[str, Pack]:
    """The first pack of each program, by what makes it differ."""
    found: dict[str, Pack] = {}
    for pack in packs:
        family = pack.runs[0].arm.settings.family
        steps = getattr(family, "generator_steps", "-")
        found.setdefault(f"{steps} steps, batch norm {family.batch_norm}", pack)
    return found


def main(arguments: Sequence[str] | None = None) -> float:
    """Time the packs, print the table, return evidence over training for all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--study", type=Path, default=STUDY)
    asked = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    table = Table("pack", "runs", "training, s", "evidence, s", "ratio")
    rows = []
    for name, pack in one_of_each(make_plan(load_study(asked.study)).packs).items():
        evidence, training = seconds_of(pack)
        rows.append((evidence, training))
        numbers = (f"{training:.1f}", f"{evidence:.1f}", f"{evidence / training:.1%}")
        table.add_row(name, str(len(pack.runs)), *numbers)
    evidence, training = (sum(column) for column in zip(*rows, strict=True))
    console = Console()
    console.print(table)
    console.print(f"evidence over training: {evidence / training:.1%}")
    return evidence / training


if __name__ == "__main__":
    main()
