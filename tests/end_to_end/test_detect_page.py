"""docs/detect.md shows what happens: its code runs, and what it prints is what is printed."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from vistab.spec.targets import RingTarget
from vistab.targets import make_target

PAGE = (Path(__file__).parents[2] / "docs" / "detect.md").read_text(encoding="utf-8")


def shown(kind, starts=""):
    """The block of that kind which starts so."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    return next(block for its, block in blocks if its == kind and block.startswith(starts))


def form(text):
    """Words and their order; numbers may change with the detector."""
    return re.sub(r"[\d.,]+", "#", re.sub("─+", "─", text)).split()


class Training:
    """What the page takes for granted: a run on a ring of 8 that collapses after 1,200 steps."""

    def __init__(self):
        self.target = make_target(RingTarget(kind="ring"))
        self.rng = np.random.default_rng(1)
        self.real = self.target.sample(2000, self.rng)
        self.step = 0

    def train(self, step):
        self.step = step

    def generator(self, noise):
        import torch

        x = self.target.sample(8 * len(noise), self.rng)
        kept = x if self.step <= 1200 else x[np.all(x > -0.1, axis=1)]
        return torch.from_numpy(kept[: len(noise)].copy())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder in which the page's code was run, from top to bottom."""
    folder, training = tmp_path_factory.mktemp("page"), Training()
    names = {"train": training.train, "generator": training.generator, "real": training.real}
    names["features"] = lambda point: np.array([point[0], point[1], point @ point])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in re.findall(r"```python\n(.*?)```", PAGE.split("## In your own")[0], re.DOTALL):
            exec(block, names)
    return folder


def test_what_is_printed_is_on_the_page(vistab, run):
    printed = vistab("detect", str(run / "run.npz")).out
    page = shown("", "$ vistab detect run.npz\n").partition("\n")[2]
    assert form(printed) == form(page)
    verdict = next(line for line in printed.splitlines() if "Mode collapse" in line)
    assert verdict in page


def test_the_document_is_on_the_page(vistab, run):
    document = json.loads(vistab("detect", str(run / "run.npz"), "--json").out)
    page = json.loads(shown("json"))
    assert list(document) == list(page)
    assert (document["outcome"], document["onset_round"]) == (page["outcome"], page["onset_round"])


def test_features_of_ones_own_can_be_ruled_on(vistab, run):
    document = json.loads(vistab("detect", str(run / "features.npz"), "--json").out)
    assert (document["outcome"], document["onset_round"]) == ("mode_collapse", 1300)


def test_the_errors_on_the_page_are_told_like_that(vistab, run):
    with np.load(run / "run.npz") as arrays:
        np.savez("broken.npz", rounds=arrays["rounds"][::-1], sample=arrays["samples"])
    assert vistab("detect", "broken.npz").err == shown("", "broken.npz: ")


def test_every_array_and_option_is_on_the_page():
    from vistab.cli.samples.archive import KNOWN

    assert all(f"`{name}`" in PAGE for name in KNOWN)
    assert all(f"--{name}" in PAGE for name in ("reference", "html", "json", "tile"))
