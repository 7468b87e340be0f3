"""Small packs, their training state, and the plain torch loop they are compared with."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from vistab.plan.model import Arm, Pack, Run
from vistab.results.record import PackRecord
from vistab.spec.families import GanFamily, RegularizerSpec
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import RingTarget

MakePack = Callable[..., Pack]
SameRecord = Callable[[PackRecord, PackRecord], None]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Packs are trained with one torch thread, as workers train them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    """benchmarks/plain.py, the plain torch loop."""
    path = Path(__file__).parents[2] / "benchmarks" / "plain.py"
    spec = importlib.util.spec_from_file_location("plain", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain"] = module
    spec.loader.exec_module(module)
    return module


def settings(
    *,
    weight: float = 0.0,
    anchor: str = "phase_start",
    rounds: int = 6,
    snapshots: int = 3,
    batch_size: int = 16,
    width: int = 16,
    optimizer: dict[str, Any] | None = None,
    **family: Any,
) -> Settings:
    """Settings of a small GAN on the ring."""
    return Settings(
        target=RingTarget(kind="ring"),
        family=GanFamily(
            kind="gan",
            latent_dim=4,
            network={"width": width, "depth": 2},
            regularizer=RegularizerSpec(weight=weight, anchor=anchor),
            **family,
        ),
        optimizer=OptimizerSpec(**(optimizer or {})),
        budget=BudgetSpec(
            rounds=rounds, snapshots=snapshots, batch_size=batch_size, snapshot_samples=200
        ),
    )


@pytest.fixture
def make_pack() -> MakePack:
    """make_pack(runs, **shared): a pack of runs given as (replicate, stacking settings)."""

    def make(runs: Sequence[tuple[int, dict[str, Any]]], *, seed: int = 0, **shared: Any) -> Pack:
        made = []
        for slot, (replicate, own) in enumerate(runs):
            arm = Arm(f"a{slot}", None, {}, settings(**(shared | own)))
            made.append(Run(f"a{slot}-r{replicate:03d}", arm, replicate))
        return Pack("p0", seed, tuple(made))

    return make


@pytest.fixture(scope="session")
def assert_same_record() -> SameRecord:
    """assert_same_record(one, other): everything but the seconds, to the bit."""

    def check(one: PackRecord, other: PackRecord) -> None:
        """Everything but the seconds, to the bit."""
        pd.testing.assert_frame_equal(
            one.runs.drop(columns="seconds"), other.runs.drop(columns="seconds"), check_exact=True
        )
        left, right = (record.history.drop(columns="mode_shares") for record in (one, other))
        pd.testing.assert_frame_equal(left, right, check_exact=True)
        np.testing.assert_array_equal(
            np.stack(one.history["mode_shares"]), np.stack(other.history["mode_shares"])
        )
        assert one.samples.keys() == other.samples.keys()
        for name, values in one.samples.items():
            np.testing.assert_array_equal(values, other.samples[name])

    return check
