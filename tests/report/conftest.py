"""A synthetic study: planned for real, its results and verdicts invented but plausible."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vistab.analysis.verdict import Verdict
from vistab.plan import make_plan
from vistab.plan.trials import Trial
from vistab.report import render
from vistab.spec.load import load_study
from vistab.spec.study import Study

sys.path.insert(0, str(Path(__file__).parent / "figures"))  # `reading`, a module beside the tests

STUDY = Path(__file__).with_name("synthetic.yaml")
OUTCOMES = ("mode_collapse", "oscillating", "stalled", "diverged")


@dataclass(frozen=True)
class FakeResults:
    """What the report reads of a results folder, from memory."""

    runs: pd.DataFrame
    history: pd.DataFrame
    provenance: dict[str, Any]
    strips: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()

    def samples(self, run_id: str) -> Any:
        """(rounds [T], samples [T, n, 2]), or None."""
        return self.strips.get(run_id)

    def pictures(self, run_id: str) -> dict[str, Any]:
        """What else was kept: codes, reconstructions, originals; {} if nothing was."""
        return self.kept.get(run_id, {})


def make_study(title: str = "Does it help?", replicates: int = 4, snapshots: int = 10) -> Study:
    """Load the study beside this file with this title and size."""
    changes = (f"title={title!r}", f"replicates={replicates}", f"budget.snapshots={snapshots}")
    return load_study(STUDY, overrides=changes)


def make_results(study: Study, seed: int = 0, trials: tuple[Trial, ...] = ()) -> FakeResults:
    """Every run finished; failure depends on weight, steps, batch norm and learning rate."""
    generator = np.random.default_rng(seed)
    plan = make_plan(study, trials)
    rounds = np.linspace(0, study.budget.rounds, study.budget.snapshots).round().astype(int)
    rows, histories, strips = [], [], {}
    for run in plan.runs:
        row, history, strip = _run(run, rounds, generator)
        rows.append({**_planned(run), **row})
        histories.append(history.assign(run_id=run.run_id))
        strips[run.run_id] = strip
    history = pd.concat(histories, ignore_index=True)
    return FakeResults(_frame(rows), history, provenance(), strips, trials=trials)


def provenance() -> dict[str, Any]:
    """What the store writes beside the results."""
    return {
        "study": "synthetic",
        "seed": 0,
        "trained_hash": "ab" * 32,
        "claimed_hash": "cd" * 32,
        "claims": {"rate": "1", "gone": "2"},
        "alpha": 0.05,
        "declared": "2026-11-20T08:00:00+00:00",
        "start": "2026-11-20T08:00:01+00:00",
        "end": "2026-11-20T08:06:41+00:00",
        "command": "vistab study studies/synthetic.yaml --workers 2",
        "engine": "ray",
        "device": "cpu",
        "vistab": {"version": "0.1.0", "commit": "0123456789abcdef"},
        "python": "3.11.4",
        "packages": {"numpy": "2.4.6", "torch": "2.13.0"},
        "platform": "Linux",
        "cpu": "A processor",
        "cores": 2,
    }


def _planned(run: Any) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "role": run.role,
        "arm": run.arm.name or run.arm.arm_id,
        "arm_id": run.arm.arm_id,
        "replicate": run.replicate,
        **run.arm.assignment,
    }


def _run(run: Any, rounds: Any, generator: np.random.Generator) -> tuple[dict, pd.DataFrame, Any]:
    at = {path: value for path, value in run.arm.assignment.items() if value is not None}
    steps, weight = at.get("family.generator_steps", 2), at.get("family.regularizer.weight", 0)
    scale = at.get("optimizer.generator_scale", 1.0)
    helped = (
        min(weight, 5) / 5 * (steps > 1)
        + 0.4 * at.get("family.batch_norm", False)
        + 0.3 * (scale < 0.5)
    )
    fails = generator.random() < np.clip(0.35 + 0.12 * steps - 0.7 * helped, 0.02, 0.98)
    outcome = str(generator.choice(OUTCOMES, p=[0.6, 0.15, 0.15, 0.1])) if fails else "healthy"
    level = {"healthy": 0.97, "mode_collapse": 0.25, "oscillating": 0.4}.get(outcome, 0.02)
    turn = generator.uniform(150, 700)
    coverage = 1 / (1 + np.exp(-(rounds - turn) / 90)) * (1 if outcome == "healthy" else 0.5)
    coverage = np.where(rounds > 1.4 * turn, level, coverage * level / 0.97) if fails else coverage
    coverage = np.clip(coverage + generator.normal(0, 0.03, len(rounds)), 0, 1)
    history = _history(rounds, coverage, at, generator)
    if outcome == "diverged":
        history.loc[rounds > 1.4 * turn, history.columns != "round"] = np.nan
    row = _row(outcome, float(turn * 1.4), coverage, rounds)
    return row, history, _strip(outcome, rounds, generator)


def _history(rounds: Any, coverage: Any, at: Any, generator: np.random.Generator) -> pd.DataFrame:
    def noise(size: float) -> Any:
        return generator.normal(0, size, len(rounds))

    moved = at.get("optimizer.learning_rate", 1e-3) * 30 * at.get("optimizer.generator_scale", 1.0)
    moved = moved / (1 + 0.2 * at.get("family.regularizer.weight", 0))
    return pd.DataFrame(
        {
            "round": rounds,
            "coverage": coverage,
            "high_quality": np.clip(coverage + noise(0.05), 0, 1),
            "displacement": moved * np.exp(noise(0.2)),
            "discriminator_loss": 1.3 - 0.4 * (1 - coverage) + noise(0.05),
            "generator_loss": 0.8 + (1 - coverage) + noise(0.05),
            "accuracy_real": np.clip(0.5 + 0.4 * (1 - coverage) + noise(0.03), 0, 1),
            "accuracy_fake": np.clip(0.5 + 0.4 * (1 - coverage) + noise(0.03), 0, 1),
            "discriminator_gradient_norm": np.exp(-1 + noise(0.3)),
            "generator_gradient_norm": np.exp(-2 + noise(0.3)),
        }
    )


def _row(outcome: str, onset: float, coverage: Any, rounds: Any) -> dict[str, Any]:
    healthy = outcome == "healthy"
    return {
        "status": "finished",
        "outcome": outcome,
        "onset_round": None if healthy or outcome == "stalled" else round(min(onset, rounds[-2])),
        "converged_round": round(onset) if healthy else None,
        "severity": float(1 - coverage[-1]),
        "evidence": f"{8 * coverage[-1]:.1f} of 8 modes hold a quarter of their share at the end",
        "final_coverage": float(coverage[-1]),
        "rounds": int(rounds[-1]),
        "seconds": 3.5,
        "pack": "p0123456789",
        "device": "cpu",
        "error": None,
    }


def _strip(outcome: str, rounds: Any, generator: np.random.Generator) -> Any:
    frames = rounds[np.linspace(0, len(rounds) - 1, 8).round().astype(int)]
    kept = 8 if outcome == "healthy" else 2
    angles = 2 * np.pi * generator.integers(0, kept, (8, 200)) / 8
    grown = np.clip(np.arange(8) / 4, 0, 1)[:, None, None]
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * grown
    samples = centres + generator.normal(0, 0.02 + 0.3 * (1 - grown), (8, 200, 2))
    return frames, samples.astype(np.float16)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    for column in ("onset_round", "converged_round", "rounds"):
        frame[column] = frame[column].astype("Int64")
    return frame


def lose(results: FakeResults, where: Any, status: str, error: str | None = None) -> FakeResults:
    """The same results with some runs crashed or missing: no outcome, no history, no samples."""
    runs = results.runs.copy()
    runs.loc[where, ["outcome", "onset_round", "converged_round", "severity", "evidence"]] = None
    runs.loc[where, ["final_coverage", "seconds"]] = np.nan
    runs.loc[where, "status"] = status
    runs.loc[where, "error"] = error
    lost = set(runs.loc[where, "run_id"])
    history = results.history[~results.history["run_id"].isin(lost)]
    strips = {k: v for k, v in results.strips.items() if k not in lost}
    return replace(results, runs=runs, history=history, strips=strips)


# --- verdicts, one of every kind and word


def _verdict(kind: str, word: str, **more: Any) -> Verdict:
    details = more.pop("details", {})
    standard: dict[str, Any] = {
        "id": kind,
        "kind": kind,
        "says": f"A claim of kind {kind}.",
        "verdict": word,
        "effect": -0.412,
        "interval": (-0.523, -0.287),
        "unit": "share of runs",
        "p": 0.00195,
        "p_holm": 0.0137,
        "margin": 0.1,
        "expect": "lower",
        "n_replicates": 4,
        "n_cells": 24,
        "n_cells_left_out": 0,
        "n_runs": 48,
        "sentence": f"What was found of {kind}, in one sentence with 41 points.",
        "details": {
            "test": "exact two-sided sign-flip test",
            "assumptions": ["Replicates are exchangeable under the null."],
            "columns": [],
            "controls": [_control()],
            **details,
        },
    }
    return Verdict(**{**standard, **more})


def _control(label: str = "family.regularizer.weight 0", shift: float = 0.0) -> dict[str, Any]:
    pairs = [(0.9 - shift, 0.5), (0.8, 0.4), (0.95, 0.5), (0.85, 0.45)]
    return {
        "label": label,
        "effect": -0.412 + shift,
        "interval": [-0.523, -0.287],
        "p": 0.00195,
        "verdict": "supported",
        "treatment_mean": 0.4625,
        "control_mean": 0.8745,
        "by_replicate": [
            {"replicate": k, "effect": t - c, "treatment": t, "control": c}
            for k, (c, t) in enumerate(pairs)
        ],
    }


def _survival() -> dict[str, Any]:
    rounds = [0, 200, 500, 900, 1200]

    def curve(*survival: float) -> dict[str, Any]:
        return {
            "rounds": rounds,
            "survival": list(survival),
            "low": [max(0, s - 0.1) for s in survival],
            "high": [min(1, s + 0.1) for s in survival],
        }

    return {"treatment": curve(1, 0.9, 0.8, 0.75, 0.7), "control": curve(1, 0.7, 0.4, 0.2, 0.1)}


def make_verdicts(results: FakeResults) -> tuple[Verdict, ...]:
    """Every kind of claim and every verdict, post hoc, list control and void ones among them."""
    run_ids = list(results.runs["run_id"][:48])
    onset = {
        **_control(),
        "survival": _survival(),
        "restricted_mean": {"treatment": 931.5, "control": 402.25},
    }
    trend = {**_control(), "treatment_mean": None, "control_mean": None}
    levels = [1, 2, 5]
    return (
        _verdict(
            "identical",
            "supported",
            id="C0",
            effect=0.0,
            interval=None,
            p=None,
            p_holm=None,
            expect=None,
            margin=0.0,
            unit="",
            details={"largest_difference": 0.0, "n_pairs": 60, "columns_compared": ["coverage"]},
        ),
        _verdict(
            "rate",
            "supported",
            id="rate",
            says="With the regularizer fewer runs fail.",
            source="a paper, E8",
            details={"run_ids": run_ids},
        ),
        _verdict(
            "rate",
            "inconclusive",
            id="rivals",
            effect=-0.081,
            interval=(-0.213, 0.044),
            p=0.21,
            p_holm=0.42,
            replicates_needed=23,
            details={
                "controls": [
                    _control("optimizer.generator_scale 0.5"),
                    _control("optimizer.generator_scale 0.25", 0.1),
                    _control("optimizer.generator_scale 0.1", 0.3),
                ]
            },
        ),
        _verdict(
            "onset",
            "supported",
            unit="rounds",
            effect=529.0,
            interval=(310.0, 702.0),
            expect="later",
            margin=0.0,
            details={"controls": [onset]},
        ),
        _verdict(
            "trend",
            "refuted",
            unit="share of runs per step",
            effect=-0.15,
            interval=(-0.22, -0.07),
            expect="higher",
            margin=0.0,
            details={
                "controls": [trend],
                "levels": levels,
                "level_means": [0.6, 0.45, 0.3],
                "level_by_replicate": [[0.7, 0.5, 0.3], [0.5, 0.4, 0.3]],
            },
        ),
        _verdict(
            "interaction",
            "inconclusive",
            effect=0.05,
            interval=(-0.1, 0.2),
            p=0.5,
            p_holm=1.0,
            expect="higher",
            margin=0.0,
            details={
                "levels": [False, True],
                "effects": [-0.4, -0.1],
                "means": {"treatment": [0.3, 0.2], "control": [0.7, 0.3]},
            },
        ),
        _verdict(
            "stable_region",
            "supported",
            unit="values of optimizer.learning_rate",
            effect=1.4,
            interval=(0.9, 2.1),
            expect="wider",
            margin=0.5,
            post_hoc=True,
            details={
                "levels": [0.001, 0.002, 0.004],
                "healthy": {"treatment": [1.0, 0.9, 0.6], "control": [0.7, 0.2, 0.0]},
                "mean_length": {"treatment": 2.3, "control": 0.9},
            },
        ),
        _verdict(
            "rate",
            "void",
            id="lost",
            effect=None,
            interval=None,
            p=None,
            p_holm=1.0,
            reason="3 planned runs are missing",
            sentence="Could not be judged.",
            details={"controls": []},
        ),
    )


@pytest.fixture(scope="session")
def study() -> Study:
    """A small study of 240 runs."""
    return make_study()


@pytest.fixture(scope="session")
def results(study: Study) -> FakeResults:
    """Its results, all runs finished."""
    return make_results(study)


@pytest.fixture(scope="session")
def verdicts(results: FakeResults) -> tuple[Verdict, ...]:
    """Invented verdicts, one of every kind and word."""
    return make_verdicts(results)


@pytest.fixture(scope="session")
def html(study: Study, results: FakeResults, verdicts: tuple[Verdict, ...]) -> str:
    """The report of all that."""
    return render(study, verdicts, results)


@pytest.fixture(scope="session")
def synthetic() -> Any:
    """The makers, for tests that need another study: study, results, verdicts, lose."""
    return make_study, make_results, make_verdicts, lose
