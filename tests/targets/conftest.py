"""Images that can be made in no time, and a cache of their own."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Where decoded images go in this test."""
    monkeypatch.setenv("VISTAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def levels(number, side=8):
    """The levels [side, side, 3] of one of any number of different images."""
    return np.random.default_rng(number).integers(0, 256, (side, side, 3)).astype(np.uint8)


@pytest.fixture
def write_images(tmp_path):
    """Writes n images of 8 x 8 pixels into a folder, 000.png and so on, and returns the folder."""

    def write(n, name="images"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for number in range(n):
            Image.fromarray(levels(number)).save(folder / f"{number:03d}.png")
        return folder

    return write
