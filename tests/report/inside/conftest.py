"""Invented results of every family: the metrics, parts and pictures that it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vistab.report import render
from vistab.spec.families import FAMILIES
from vistab.spec.load import load_study
from vistab.spec.study import Study
from vistab.targets import make_target

TEXT = """
study: {kind}
target: {{kind: {target}}}
family: {{kind: {kind}}}
budget: {{rounds: 600, snapshots: {snapshots}}}
replicates: {replicates}
axes: {{{axes}}}
"""
AXES = {
    "em": "family.initialisation: [random, k-means++], family.covariance: [full, diagonal]",
    "vae": "family.scale: [0.01, 0.1, 1.0], family.warm_up_rounds: [0, 300]",
    "gan": "family.regularizer.weight: [0, 5]",
    "aae": "family.decoder: [jointly, after], family.regularizer.weight: [0, 5]",
    "ali": "family.loss: [vi, minimax, non_saturating]",
}
FAILURES = {"em": "singular_components", "vae": "posterior_collapse"}
FRAMES = 8
KEPT = 60

Made = tuple[Study, Any]


@pytest.fixture(scope="session")
def make_made(synthetic: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """(family, target) -> its study and invented results; also axes, replicates, snapshots."""
    _, make_results, *_ = synthetic
    folder = tmp_path_factory.mktemp("studies")

    def make(
        kind: str, target: str, axes: str = "", replicates: int = 6, snapshots: int = 12
    ) -> Made:
        path = folder / f"{kind}_{target.split(',')[0]}.yaml"
        size = {"replicates": replicates, "snapshots": snapshots}
        path.write_text(TEXT.format(kind=kind, target=target, axes=axes or AXES[kind], **size))
        study = load_study(path)
        return study, _filled(study, make_results(study))

    return make


@pytest.fixture(scope="session", params=FAMILIES)
def made(request: pytest.FixtureRequest, make_made: Callable[..., Made]) -> Made:
    """Study and results of each family in turn."""
    return make_made(request.param, "ring")


@pytest.fixture(scope="session")
def page(made: Made) -> str:
    """The report of each family in turn."""
    return render(made[0], (), made[1])


def _filled(study: Study, results: Any) -> Any:
    """The results with what the family keeps; failed runs fail in the family's own way."""
    generator = np.random.default_rng(1)
    kind = study.family.kind
    runs = results.runs.copy()
    runs["outcome"] = runs["outcome"].replace("mode_collapse", FAILURES.get(kind, "mode_collapse"))
    failed = dict(zip(runs["run_id"], runs["outcome"] != "healthy", strict=True))
    groups = [
        _columns(kind, group, failed[run_id], generator)
        for run_id, group in results.history.groupby("run_id", sort=False)
    ]
    history = pd.concat(groups, ignore_index=True)
    kept = {run_id: _pictures(study, failed[run_id], generator) for run_id in runs["run_id"]}
    strips = {run_id: _samples(study, shot, generator) for run_id, shot in results.strips.items()}
    return replace(results, runs=runs, history=history, kept=kept, strips=strips)


def _columns(
    kind: str, history: pd.DataFrame, failed: bool, generator: np.random.Generator
) -> pd.DataFrame:
    """The family's metrics, better with coverage, and its list columns."""
    history = history.copy()
    for name, metric in FAMILIES[kind].metrics.items():
        good = history["coverage"] + generator.normal(0, 0.02, len(history))
        history[name] = np.abs(1 - good) if metric.better == "lower" else 3 * good - 2
    low = np.linspace(1, 0.01, len(history)) if failed else np.ones(len(history))
    many = np.ones((len(history), 5)) * generator.uniform(0.9, 1.1, 5)
    if kind == "vae":
        many *= 3 * np.linspace(0.1, 1, len(history))[:, None]
        history["latent_kl"] = _one_low(many[:, :2], low)
    if kind == "em":
        history["component_weights"] = _one_low(many / 5, low)
        history["component_thinness"] = _one_low(many * 400, 0.003 + low)
    return history


def _one_low(values: Any, factor: Any) -> list[Any]:
    """The vectors as a list column, the first part of each times `factor`."""
    values = values.copy()
    values[:, 0] *= factor
    return list(values)


def _pictures(study: Study, failed: bool, generator: np.random.Generator) -> dict[str, Any]:
    """Codes and reconstructions in float16; a failed run's codes lie on a line."""
    if study.family.kind not in ("vae", "aae", "ali"):
        return {}
    originals = make_target(study.target).sample(KEPT, generator)
    angle = make_target(study.target).modes.nearest(originals)[1][:, None]
    centre = 1.2 * np.hstack([np.cos(angle), np.zeros_like(angle) if failed else np.sin(angle)])
    codes = centre + generator.normal(0, 0.25, (FRAMES, KEPT, 2))
    made = originals + generator.normal(0, 0.2 if failed else 0.03, (FRAMES, *originals.shape))
    pictures = {"codes": codes, "reconstructions": made, "originals": originals, "cycled": codes}
    return {name: picture.astype(np.float16) for name, picture in pictures.items()}


def _samples(study: Study, shot: Any, generator: np.random.Generator) -> Any:
    """The film strip in the target's own dimension."""
    target, (rounds, samples) = make_target(study.target), shot
    if target.dimension == samples.shape[-1]:
        return shot
    drawn = [target.sample(samples.shape[1], generator) for _ in rounds]
    return rounds, np.stack(drawn).astype(np.float16)
