"""Film strips: samples lie over the modes that they belong to, and the onset is outlined."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from reading import at, classes, parsed

from vistab.report.figures.strips import draw_strips
from vistab.report.view.space import Plane
from vistab.report.view.strips import Strip, StripRow, StripView
from vistab.report.view.typical import Group, Typical

CENTRES = np.array([[2.0, 1.0], [0.0, 1.0], [2.0, -2.0]])
PLANE = Plane(CENTRES, (1.0, -0.5), 3.0)
ROUNDS = np.array([0, 100, 200, 300])
FAILED = Typical("a-r000", 0, "mode_collapse", 150)
FINE = Typical("a-r001", 1, "healthy", None)


def frames(run: Typical, samples: Sequence[Sequence[float]]) -> list[object]:
    """The drawn strip of a run that has the same samples in every frame."""
    shown = np.array([samples] * len(ROUNDS), dtype=float)
    strip = Strip(run, ROUNDS, shown)
    row = StripRow(Group("all", 1, 2, run, None), strip, None)
    return list(draw_strips(StripView((row,), PLANE)).frames[run.run_id])


def offsets(drawing: object) -> list[tuple[float, float]]:
    """The samples' places from the frame's middle, in units of the data, y upwards."""
    root = parsed(drawing)
    size = float(root.get("viewBox", "").split()[-1])
    (path,) = [node for node in root.iter("path") if "samples" in classes(node)]
    points = re.findall(r"M(-?\d+) (-?\d+)h0", path.get("d", ""))
    half = size / 2 / PLANE.reach
    return [((float(x) - size / 2) / half, (size / 2 - float(y)) / half) for x, y in points]


def test_a_sample_stands_where_it_is_in_the_data() -> None:
    samples = [[2.0, 1.0], [0.0, 2.0], [3.5, -3.0]]
    found = offsets(frames(FAILED, samples)[0])
    wanted = [(x - 1.0, y + 0.5) for x, y in samples]
    assert found == [pytest.approx(one, abs=0.05) for one in wanted]


def test_rings_lie_around_the_centres_of_the_modes() -> None:
    """A sample at a centre is at the middle of a ring."""
    drawing = frames(FAILED, CENTRES.tolist())[0]
    rings = [(at(n, "cx"), at(n, "cy")) for n in parsed(drawing).iter("circle")]
    half = 60 / PLANE.reach
    middles = [((x - 60) / half, (60 - y) / half) for x, y in rings]
    assert middles == [pytest.approx(one, abs=0.05) for one in offsets(drawing)]


def test_frames_are_outlined_from_the_onset_on_and_named_by_fate_and_round() -> None:
    drawn = [parsed(one) for one in frames(FAILED, [[1.0, 0.0]])]
    outlined = ["failed" in classes(next(root.iter("rect"))) for root in drawn]
    assert outlined == [False, False, True, True]
    assert [root.get("aria-label") for root in drawn] == [
        f"mode collapse run at round {k}" for k in ROUNDS
    ]
    healthy = [parsed(one) for one in frames(FINE, [[1.0, 0.0]])]
    assert not any("failed" in classes(next(root.iter("rect"))) for root in healthy)


@pytest.mark.parametrize(("run", "colour"), [(FAILED, "s-failing"), (FINE, "s-healthy")])
def test_samples_have_the_colour_of_their_runs_fate(run: Typical, colour: str) -> None:
    root = parsed(frames(run, [[1.0, 0.0]])[0])
    (path,) = [node for node in root.iter("path") if "samples" in classes(node)]
    assert colour in classes(path)


def test_what_lies_outside_the_frame_is_counted() -> None:
    far = frames(FAILED, [[50.0, 0.0], [1.0, 0.0]])[0]
    assert str(parsed(far).get("aria-label")).endswith("1 of 2 samples outside the frame")
    gone = frames(FAILED, [[50.0, 0.0], [1.0, 70.0]])[0]
    assert "all outside" in [node.text for node in parsed(gone).iter("text")]


def test_runs_without_an_onset_have_no_outlined_frame() -> None:
    stalled = replace(FAILED, outcome="stalled", onset_round=None)
    drawn = [parsed(one) for one in frames(stalled, [[1.0, 0.0]])]
    assert not any("failed" in classes(next(root.iter("rect"))) for root in drawn)
