"""A small study, and results made up run by run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vistab.analysis import pool
from vistab.plan import make_plan
from vistab.plan.model import Run
from vistab.spec.claims import CLAIMS
from vistab.spec.families import GanFamily
from vistab.spec.study import BudgetSpec, Study
from vistab.spec.targets import RingTarget

AXES = {
    "optimizer.learning_rate": (1e-3, 2e-3, 4e-3),
    "family.generator_steps": (1, 2, 5),
    "family.regularizer.weight": (0.0, 5.0),
}


@pytest.fixture
def small_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of the simulated replicates: what is tested of power does not turn on its digits."""
    monkeypatch.setattr(pool, "MOST_CELLS", 12_000)
    monkeypatch.setattr(pool, "MOST", 4_000)


@dataclass
class MadeUp:
    """What the judge reads of results."""

    runs: pd.DataFrame
    history: pd.DataFrame


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Study]:
    """make_study(claim, ..., replicates=6): a study of 18 arms with these claims (plain dicts)."""

    def make(*claims: dict[str, Any], replicates: int = 6, **more: Any) -> Study:
        specs = [
            CLAIMS[claim["kind"]](**{"id": f"C{i}", "says": "It helps.", **claim})
            for i, claim in enumerate(claims)
        ]
        return Study(
            **{
                "study": "toy",
                "target": RingTarget(kind="ring"),
                "family": GanFamily(kind="gan"),
                "budget": BudgetSpec(rounds=100, snapshots=10),
                "replicates": replicates,
                "axes": AXES,
                "claims": tuple(specs),
                **more,
            }
        )

    return make


@pytest.fixture(scope="session")
def make_results() -> Callable[[Study, Callable[[Run], Any]], MadeUp]:
    """make_results(study, tell): `tell(run)` is an outcome, or columns of the run's row."""

    def make(study: Study, tell: Callable[[Run], Any]) -> MadeUp:
        rows, snapshots = [], []
        for run in make_plan(study).runs:
            told = tell(run)
            row = {
                "run_id": run.run_id,
                "role": "confirm",
                "replicate": run.replicate,
                **run.arm.assignment,
                "status": "finished",
                "outcome": "healthy",
                "onset_round": None,
                "converged_round": None,
                "severity": 0.0,
                "final_coverage": 1.0,
                "device": "cpu",
                **(told if isinstance(told, dict) else {"outcome": told}),
            }
            shift = row.pop("shift", 0.0)
            rows.append(row)
            for step in (10, 20, 30):
                coverage = float("nan") if step == 10 else step / 30 + shift
                shares = [0.25 + shift, 0.75 - shift]
                snapshots.append((run.run_id, step, coverage, np.array(shares, np.float32)))
        runs = pd.DataFrame(rows)
        for column in ("onset_round", "converged_round"):
            runs[column] = runs[column].astype("Int64")
        columns = ["run_id", "round", "coverage", "mode_shares"]
        return MadeUp(runs, pd.DataFrame(snapshots, columns=columns))

    return make


@pytest.fixture(scope="session")
def random_rows() -> Callable[[int], Callable[[Run], dict[str, Any]]]:
    """random_rows(seed): rows with outcomes, onsets and metrics drawn run by run."""

    def rows(seed: int) -> Callable[[Run], dict[str, Any]]:
        generator = np.random.default_rng(seed)

        def tell(run: Run) -> dict[str, Any]:
            steps = run.arm.assignment["family.generator_steps"]
            weight = run.arm.assignment["family.regularizer.weight"]
            failed = generator.random() < 0.15 * float(steps) * (0.4 if weight else 1)
            outcome = generator.choice(["mode_collapse", "stalled"]) if failed else "healthy"
            when = int(generator.integers(1, 10)) * 10
            return {
                "outcome": str(outcome),
                "onset_round": when if outcome == "mode_collapse" else None,
                "converged_round": None if failed else when,
                "final_coverage": float(generator.random()),
            }

        return tell

    return rows
