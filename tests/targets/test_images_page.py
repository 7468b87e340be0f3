"""What docs/images.md shows works."""

import re
from pathlib import Path

import pytest

from vistab.spec.load import load_study
from vistab.targets import image_features

PAGE = (Path(__file__).parents[2] / "docs" / "images.md").read_text()


def blocks(language):
    """The page's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_studies_on_the_page_are_read(write, text):
    assert load_study(write(text)).family.network.kind == "dcgan"


def test_code_on_the_page_runs(write_images, own_cache, tmp_path, monkeypatch):
    write_images(120, "photos")
    monkeypatch.chdir(tmp_path)
    for block in blocks("python"):
        exec(block, {})


def test_numbers_on_the_page_are_those_of_the_code():
    assert (
        f"{202_599 * 3 * 64 * 64 / 1e9:.1f} GB; at 128 x 128, {202_599 * 3 * 128**2 / 1e9:.0f} GB"
        in PAGE
    )
    assert f"at most {image_features.AXES_FROM:,} of the images" in PAGE
    assert f"At most {image_features.BINS_FROM:,} images are cut" in PAGE
