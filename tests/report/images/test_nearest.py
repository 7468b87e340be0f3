"""Nearest training images: what is shown of typical runs, and what is said of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from vistab.report import render
from vistab.report.figures.nearest import pair_figures
from vistab.report.view import build_view
from vistab.report.view.nearest import SHOWN, Compared, NearestRow, NearestView, nearest_words
from vistab.report.view.space import Pixels
from vistab.report.view.typical import Group, Typical

Made = tuple[Any, Any]
MakeImages = Callable[..., Made]
RUN = Typical("a-r000", 0, "healthy", None)


def compared(distances: Any, real: float = 0.4) -> Compared:
    """16 images of four pixels, each all its own number, at these distances."""
    images = np.tile(np.arange(16.0)[:, None], (1, 4)) / 16
    return Compared(RUN, 90, images, images + 0.01, np.asarray(distances, dtype=float), real)


@pytest.mark.parametrize(
    ("distances", "finding"),
    [
        ([0.42] * 16, "105 % of the 0.4 between real images: no sign of memorisation."),
        ([0.32] * 16, "80 % of the 0.4 between real images: no sign of memorisation."),
        ([0.28] * 16, "nearer than real ones, but no copies among them."),
        ([0.42] * 13 + [0.02] * 3, "3 of 16 are as good as copies."),
        ([0.28] * 13 + [0.02] * 3, "3 of 16 are as good as copies."),
        ([0.04] * 16, "10 % of the 0.4 between real images: learned by heart."),
        ([0.04] * 9 + [0.8] * 7, "learned by heart."),
        ([np.nan] * 16, "No image is finite."),
        ([np.nan] * 12 + [0.02] * 1 + [0.5] * 3, "1 of 4 are as good as copies."),
    ],
)
def test_what_is_said_follows_from_distances_against_real_ones(
    distances: list[float], finding: str
) -> None:
    assert nearest_words(compared(distances)).endswith(finding)


def test_the_sentence_tells_both_distances() -> None:
    told = nearest_words(compared([0.1] * 3 + [0.32] * 13))
    assert told.startswith("Median distance 0.32, 80 % of the 0.4 between real images: ")


def test_data_that_are_there_twice_are_no_yardstick() -> None:
    told = nearest_words(compared([0.3] * 16, real=0.0))
    assert told == "Median distance 0.3; most real images are there twice."


def test_the_pairs_that_are_shown_are_the_nearest_ones_in_order() -> None:
    """Those without a distance come last."""
    distances = np.linspace(0.9, 0.1, 16)
    distances[15] = np.nan
    made, nearest = compared(distances).first(SHOWN)
    assert (made[:, 0] * 16).tolist() == [14, 13, 12, 11, 10, 9, 8, 7]
    np.testing.assert_array_equal(nearest, made + 0.01)


def test_typical_runs_are_compared_at_the_last_round(faces: Made) -> None:
    study, results = faces
    view = build_view(study, (), results)
    assert view.nearest is not None
    assert {run.run.run_id for run in view.nearest.runs} == view.shown_runs
    for run in view.nearest.runs:
        rounds, samples = results.samples(run.run.run_id)
        assert run.round == rounds[-1]
        np.testing.assert_array_equal(run.made, samples[-1][:16])
        np.testing.assert_array_equal(run.nearest, results.pictures(run.run.run_id)["nearest"][-1])
        assert run.real == pytest.approx(0.3)


def test_each_run_has_its_own_two_rows_of_images(make_images: MakeImages) -> None:
    """Here generated images are the data, so that both rows are alike, and runs are not."""
    study, results = make_images()
    view = build_view(study, (), results).nearest
    assert view is not None
    figures = pair_figures(view)
    assert figures.keys() == {run.run.run_id for run in view.runs}
    sources = [(str(one.made), str(one.nearest)) for one in figures.values()]
    inner = [tuple(drawing.split("href=")[1] for drawing in pair) for pair in sources]
    assert all(made == nearest for made, nearest in inner)
    assert len(set(inner)) == len(inner)


def test_the_page_tells_of_memorisation(make_images: MakeImages) -> None:
    page = render(*_page(make_images(distance=0.02)))
    assert "Nearest training images" in page
    assert "learned by heart" in page
    assert "no sign of memorisation" not in page
    assert "no sign of memorisation" in render(*_page(make_images(distance=0.31)))


@pytest.mark.parametrize("part", ["nearest", "real_distance"])
def test_what_was_not_looked_for_is_left_out(part: str, make_images: MakeImages) -> None:
    """As in folders that are older than the comparison."""
    study, results = make_images()
    kept = {run: {k: v for k, v in one.items() if k != part} for run, one in results.kept.items()}
    page = render(study, (), replace(results, kept=kept))
    assert "See it" in page
    assert "Nearest training images" not in page


def _page(made: Made) -> tuple[Any, Any, Any]:
    study, results = made
    return study, (), results


def test_generated_images_are_the_upper_row_and_the_nearest_the_lower() -> None:
    """White images were made, black ones are the data."""
    run = Compared(RUN, 90, np.ones((16, 64)), -np.ones((16, 64)), np.full(16, 2.0), 0.4)
    row = NearestRow(Group("all", 0, 1, None, RUN), None, run)
    figures = pair_figures(NearestView((row,), Pixels(1, 8, 8)))[RUN.run_id]
    for drawing, level in ((figures.made, 255), (figures.nearest, 0)):
        (image,) = ElementTree.fromstring(str(drawing)).iter("image")
        data = base64.b64decode(image.get("href", "").split(",")[1])
        assert np.median(np.asarray(Image.open(BytesIO(data)))) == level
