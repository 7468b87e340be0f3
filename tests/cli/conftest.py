"""A study of a folder of small images, and the command line called in this process."""

import signal
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

FACES = """
study: faces
target: {kind: image_folder, path: faces, size: 8}
family: {kind: gan, latent_dim: 4, network: {width: 8, depth: 1}}
budget: {rounds: 4, batch_size: 8, snapshots: 2, snapshot_samples: 100}
replicates: 2
axes: {family.regularizer.weight: [0, 5]}
claims:
  - {id: C1, says: more modes, kind: score, metric: final_modes, expect: higher,
     treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}}
"""


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Where decoded images go in this test."""
    monkeypatch.setenv("VISTAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Calls the command line with the given words, in a folder of its own."""
    from vistab.cli import main

    monkeypatch.chdir(tmp_path)
    path, handler = list(sys.path), signal.getsignal(signal.SIGTERM)

    def call(*words):
        capsys.readouterr()
        code = main(words)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    yield call
    sys.path[:] = path
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def faces(tmp_path, own_cache):
    """The study file faces.yaml, and its folder with 110 images of 10 x 12 pixels."""
    (tmp_path / "faces.yaml").write_text(FACES)
    (tmp_path / "faces").mkdir()
    for number in range(110):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 256, (12, 10, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "faces" / f"{number:03d}.png")
    return tmp_path / "faces"
