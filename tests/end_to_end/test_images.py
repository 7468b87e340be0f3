"""A study of images that is stopped while they are decoded."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from vistab.targets.decoding import decoded

pytestmark = pytest.mark.slow

N, SIDE = 400, 8
STUDY = f"""
study: photos
target: {{kind: image_folder, path: photos, size: {SIDE}}}
family: {{kind: gan, latent_dim: 4, network: {{width: 8, depth: 1}}}}
budget: {{rounds: 4, batch_size: 8, snapshots: 2, snapshot_samples: 100}}
replicates: 2
"""
MAIN = """
import sys, time
from vistab.cli import main
from vistab.targets import decoding
from vistab.targets.image_folder import FolderImages
decoding.SECONDS_KEPT = 0.05
read = FolderImages.read
def slowly(self, index):
    time.sleep(0.05)
    return read(self, index)
FolderImages.read = slowly
sys.exit(main())
"""
"""The command, with images that come slowly enough to be stopped among them on any machine."""


@pytest.fixture
def folder(tmp_path):
    """A study file and 400 images."""
    (tmp_path / "photos.yaml").write_text(STUDY)
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for number in range(N):
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.jpg")
    return tmp_path


def start(folder):
    """The command in a process group of its own, as a terminal would have it."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "study", "photos.yaml", "--engine", "local"],
        cwd=folder,
        env=os.environ | {"VISTAB_CACHE": str(folder / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's may ignore it
    )


def wait_for_images(folder, process):
    """Wait until some are on the disk, with the records that vouch for them."""
    deadline = time.monotonic() + 60
    while not any(file.stat().st_size for file in folder.glob("cache/images/*/images")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_study_goes_on_where_its_images_were_left(folder, number):
    """Ctrl-C says how; a kill cannot."""
    process = start(folder)
    wait_for_images(folder, process)
    os.killpg(process.pid, number)
    _, stderr = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert stderr.startswith("Interrupted. What is done is kept; go on with: vistab study")
        assert "Traceback" not in stderr
    (cache,) = (folder / "cache" / "images").iterdir()
    kept = decoded(cache, 3 * SIDE * SIDE)
    assert 0 < kept < N
    assert not (folder / "reports").exists()
    process = start(folder)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert stdout.startswith(f"Decoding images: {kept} of {N}\n")
    assert decoded(cache, 3 * SIDE * SIDE) == N
