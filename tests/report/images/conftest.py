"""Invented results of studies of images, whose data are nowhere on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vistab.spec.load import load_study
from vistab.spec.metrics import FIDELITY_METRICS
from vistab.spec.study import Study

TEXT = """
study: pictures
target: {target}
family: {family}
budget: {{rounds: 8000, snapshots: 10}}
evidence: {evidence}
replicates: {replicates}
axes: {{{axes}}}
"""
FOLDER = "{{kind: image_folder, path: nowhere/faces, size: {size}, channels: {channels}}}"
DCGAN = "{kind: gan, latent_dim: 100, network: {kind: dcgan, width: 32, precision: bfloat16}}"
AXES = "family.regularizer.weight: [0, 5]"
FRAMES, KEPT, COMPARED = 8, 18, 16
REAL = 0.3
PERFECT = {name: 0.5 for name in FIDELITY_METRICS}

Made = tuple[Study, Any]
MakeImages = Callable[..., Made]


@pytest.fixture(scope="session")
def make_images(synthetic: Any, tmp_path_factory: pytest.TempPathFactory) -> MakeImages:
    """make_images(target, ...): its study and invented results; see the parameters of `make`."""
    _, make_results, *_ = synthetic
    path = tmp_path_factory.mktemp("studies") / "study.yaml"

    def make(
        target: str = FOLDER,
        *,
        size: int = 8,
        channels: int = 3,
        family: str = DCGAN,
        axes: str = AXES,
        evidence: str = "null",
        replicates: int = 2,
        n_data: int | None = None,
        distance: float = 0.3,
        noise: bool = False,
    ) -> Made:
        """distance: of generated images from the nearest datum. noise: no image can be packed."""
        learned = target.format(size=size, channels=channels) if target == FOLDER else target
        text = TEXT.format(
            target=learned, family=family, axes=axes, evidence=evidence, replicates=replicates
        )
        path.write_text(text, encoding="utf-8")
        study = load_study(path)
        return study, _filled(study, make_results(study), n_data, distance, noise)

    return make


@pytest.fixture(scope="session")
def faces(make_images: MakeImages) -> Made:
    """A study of colour images, 64 pixels a side."""
    return make_images(size=64, evidence="{features: pixels}", n_data=202_599, replicates=4)


def _filled(study: Study, results: Any, n_data: int | None, distance: float, noise: bool) -> Any:
    generator = np.random.default_rng(0)
    history = results.history.copy()
    for name in FIDELITY_METRICS if study.evidence else ():
        history[name] = np.abs(history["coverage"] + generator.normal(0, 0.02, len(history)))
    shots = {
        run_id: (rounds, _images(study, generator, (FRAMES, KEPT), noise))
        for run_id, (rounds, _) in results.strips.items()
    }
    kept = {run_id: _nearest(samples, distance) for run_id, (_, samples) in shots.items()}
    provenance = {**results.provenance, "perfect": PERFECT if study.evidence else None}
    if n_data is not None:
        provenance["data"] = {"n": n_data, "fingerprint": "ab" * 32}
    return replace(results, history=history, strips=shots, kept=kept, provenance=provenance)


def _images(study: Study, generator: np.random.Generator, n: tuple[int, int], noise: bool) -> Any:
    """Patches of colour, or numbers that nothing makes smaller."""
    channels, height, width = study.target.shape  # type: ignore[attr-defined]
    if noise:
        return generator.uniform(-1, 1, (*n, channels * height * width)).astype(np.float32)
    coarse = generator.uniform(-1, 1, (*n, channels, 4, 4)).astype(np.float32)
    fine = np.kron(coarse, np.ones((-(-height // 4), -(-width // 4)), dtype=np.float32))
    return fine[..., :height, :width].reshape(*n, -1)


def _nearest(samples: Any, distance: float) -> dict[str, Any]:
    """Data that are the samples themselves, but said to be so far away."""
    return {
        "nearest": samples[-1:, :COMPARED],
        "nearest_distance": np.full((1, COMPARED), distance, dtype=np.float32),
        "real_distance": np.full((1, 64), REAL, dtype=np.float32),
    }
