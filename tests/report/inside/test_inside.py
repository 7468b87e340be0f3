"""Inside the model: what each family keeps is shown, and shows what was kept."""

import base64
import re
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from reading import Reading, at

from vistab.report import render
from vistab.report.figures.curves import metric_axis, metric_figures
from vistab.report.figures.frames import placed, png
from vistab.report.figures.inside import (
    codes_figure,
    data_figure,
    pairs_figure,
    part_finding,
    parts_figure,
)
from vistab.report.view import build_view
from vistab.report.view.happened import CurvePanel, Series
from vistab.report.view.inside import Codes, Pairs, Parts
from vistab.report.view.method import PHASES
from vistab.report.view.metrics import MetricCurves
from vistab.report.view.space import Pixels, Plane, space_of
from vistab.report.words import OUTCOMES, metric_name
from vistab.spec.families import FAMILIES
from vistab.spec.metrics import Metric
from vistab.spec.outcomes import Outcome
from vistab.spec.study import Study
from vistab.spec.targets import MixtureTarget

SHOWS = {
    "em": {"parts"},
    "vae": {"parts", "codes", "pairs"},
    "gan": set(),
    "aae": {"codes", "pairs"},
    "ali": {"codes", "pairs"},
}
PLANE = Plane(np.array([[1.0, 0.0], [-1.0, 0.0]]), (0.0, 0.0), 2.0)


def report(made: tuple[Study, Any]) -> str:
    """The page of a study and its results, without claims."""
    return render(made[0], (), made[1])


def alts(drawing: Any) -> str:
    """The alt text of a figure, which states its finding."""
    return ElementTree.fromstring(str(drawing)).get("aria-label") or ""


def parts(values: list[list[float]], least: float = 0.05, column: str = "latent_kl") -> Parts:
    """Parts at rounds 0, 1, 2, ..."""
    return Parts(column, np.arange(len(values), dtype=float), np.array(values), least)


def test_each_family_shows_its_own_metrics_and_pictures(made: tuple[Study, Any]) -> None:
    study, results = made
    inside = build_view(study, (), results).inside
    if study.family.kind == "gan":
        assert inside is None
        return
    assert inside is not None
    assert {curves.name for curves in inside.metrics.curves} == set(study.family.metrics)
    shown = {what for what in ("parts", "codes", "pairs") if inside.shows(what)}
    assert shown == SHOWS[study.family.kind]


def test_every_family_has_its_page(made: tuple[Study, Any], page: str) -> None:
    """Metrics by name, phases with their equations, and no attribute that is not a number."""
    study, _ = made
    assert ('id="inside"' in page) == (study.family.kind != "gan")
    for metric in study.family.metrics:
        assert metric_name(metric).capitalize() in page
    for phase in PHASES[study.family.kind]:
        assert phase in page
    assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', page.split("<script")[0])


def test_every_family_and_outcome_that_can_be_declared_has_words() -> None:
    assert set(PHASES) == set(FAMILIES)
    assert set(Outcome.__args__) == set(OUTCOMES)


def test_outcomes_that_share_a_colour_with_another_bear_a_pattern(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    page = report(make_made("em", "ring"))
    for outcome in ("posterior_collapse", "singular_components", "dead_components"):
        assert f'id="p-{outcome}"' in page
        assert f"fill: url(#p-{outcome})" in page
    assert 'class="outcome o-singular_components"' in page


def test_the_runs_shown_are_those_of_the_film_strips(made: tuple[Study, Any]) -> None:
    study, results = made
    view = build_view(study, (), results)
    assert view.strips is not None
    if view.inside is None:
        assert study.family.kind == "gan"
        return
    strips = {s.run.run_id for row in view.strips.rows for s in (row.failing, row.healthy) if s}
    inside = {r.run.run_id for row in view.inside.rows for r in (row.failing, row.healthy) if r}
    assert inside == strips == view.shown_runs


def test_a_run_shows_its_own_last_codes_and_the_modes_of_its_own_data(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    study, results = make_made("aae", "ring")
    inside = build_view(study, (), results).inside
    assert inside is not None
    learned = inside.rows[0].failing or inside.rows[0].healthy
    assert learned is not None
    assert learned.codes is not None
    kept = results.pictures(learned.run.run_id)
    assert learned.codes.round == results.samples(learned.run.run_id)[0][-1]
    np.testing.assert_array_equal(learned.codes.places, kept["codes"][-1])
    assert learned.pairs is not None
    np.testing.assert_array_equal(learned.pairs.reconstructions, kept["reconstructions"][-1])
    np.testing.assert_array_equal(learned.pairs.originals, kept["originals"])
    angles = np.arctan2(*kept["originals"].astype(float).T[::-1]) / (2 * np.pi) * 8
    np.testing.assert_array_equal(learned.codes.modes, np.round(angles) % 8)


def test_digits_are_shown_as_pictures(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    study, results = make_made("ali", "digits")
    page = render(study, (), results)
    view = build_view(study, (), results)
    assert isinstance(view.strips and view.strips.space, Pixels)
    assert 'href="data:image/png;base64,' in page
    assert "of the bin" in page


def test_data_that_cannot_be_drawn_leave_codes_and_parts(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    """In three dimensions: neither film strips nor reconstructions nor a key."""
    study, results = make_made("vae", "mixture, centres: [[0, 0, 0], [1, 1, 1]]")
    page = report((study, results))
    assert 'id="strips"' not in page
    assert "Codes over the prior" in page
    assert "latent dimensions end below" in page
    assert "<figcaption>Data and reconstructions" not in page
    assert "<figcaption>The data" not in page


def test_parts_that_end_below_the_limit_are_counted_and_drawn_apart() -> None:
    collapsing = parts([[0.01, 0.01, 2.0], [1.0, 1.0, 0.04]])
    assert part_finding(collapsing) == "1 of 3 latent dimensions ends below 0.05 nats"
    drawn = [node.get("class") for node in ElementTree.fromstring(str(parts_figure(collapsing, 1)))]
    assert drawn.count("part") == 2
    assert drawn.count("part low") == 1


def test_limits_are_those_of_the_detector(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    """A component is dead below a tenth of its fair share, here of five; singular below 2."""
    study, results = make_made("em", "ring")
    inside = build_view(study, (), results).inside
    assert inside is not None
    learned = inside.rows[0].failing or inside.rows[0].healthy
    assert learned is not None
    limits = {one.column: one.least for one in learned.parts}
    assert limits == {"component_weights": pytest.approx(0.02), "component_thinness": 2.0}
    own = results.history[results.history["run_id"] == learned.run.run_id]
    np.testing.assert_array_equal(learned.parts[0].values, np.stack(own["component_weights"]))


def test_a_part_at_the_limit_is_not_below_it() -> None:
    assert not parts([[0.05]]).low.any()


@pytest.mark.parametrize("column", ["latent_kl", "component_weights", "component_thinness"])
@pytest.mark.parametrize("value", [np.nan, 0.0, 1e9])
def test_parts_of_any_size_are_drawn(column: str, value: float) -> None:
    drawn = str(parts_figure(parts([[value, value]] * 3, 2.0, column), 2))
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_codes_stand_at_their_place_in_their_modes_colour() -> None:
    codes = Codes(9, np.array([[0.0, 0.0], [1.65, 0.0], [0.0, 1.65]]), np.array([0, 1, 9]))
    root = ElementTree.fromstring(str(codes_figure(codes)))
    dots = [(p.get("class"), p.get("d")) for p in root.iter("path")]
    assert dots == [
        ("samples stroke-m0", "M95 95h0"),
        ("samples stroke-m1", "M142 95h0"),  # half way to 3.3 deviations
        ("samples stroke-m1", "M95 48h0"),  # the colours come again after eight
    ]


def test_codes_outside_the_frame_are_told() -> None:
    codes = Codes(9, np.array([[0.0, 0.0], [50.0, 0.0], [np.nan, 0.0]]), np.zeros(3, dtype=int))
    assert alts(codes_figure(codes)).endswith("2 of 3 outside the frame")
    gone = Codes(9, np.full((4, 2), np.nan), np.zeros(4, dtype=int))
    assert "all outside" in str(codes_figure(gone))


def test_each_datum_is_joined_to_its_own_reconstruction() -> None:
    originals = np.array([[1.0, 0.0], [-1.0, 0.0]])
    pairs = Pairs(5, originals, originals + np.array([0.0, 0.5]))
    drawing = pairs_figure(pairs, PLANE)
    joint = ElementTree.fromstring(str(drawing)).find("path[@class='joint']")
    assert joint is not None
    assert joint.get("d") == "M142.5 95L142.5 71.2M47.5 95L47.5 71.2"
    assert alts(drawing) == "Data and reconstructions at round 5: median distance 0.5"


def test_reconstructions_that_are_not_finite_do_not_break_the_page() -> None:
    pairs = Pairs(5, np.zeros((3, 2)), np.full((3, 2), np.nan))
    assert "not finite" in alts(pairs_figure(pairs, PLANE))
    pixels = Pixels(1, 8, 8)
    images = Pairs(5, np.zeros((40, 64)), np.full((40, 64), np.nan))
    assert "not finite" in alts(pairs_figure(images, pixels))


def test_the_frame_of_a_plane_holds_every_mode_and_a_single_one_too(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    ring = space_of(make_made("gan", "ring")[0].target)
    assert isinstance(ring, Plane)
    places = placed(ring.centres, ring, 100)
    assert ((places > 0) & (places < 100)).all()
    assert ring.reach == pytest.approx(1.3)
    alone = space_of(MixtureTarget(kind="mixture", centres=((1.0, -2.0),), std=0.5))
    assert isinstance(alone, Plane)
    assert alone.middle == (1.0, -2.0)
    assert alone.reach == pytest.approx(1.3 * 3 * 0.5)


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_a_png_holds_its_grey_levels(grey: Any) -> None:
    """Decoded by hand: one filter byte 0 a line, then its bytes."""
    data = png(grey)
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    lines = np.frombuffer(zlib.decompress(data[start : start + length]), dtype=np.uint8)
    lines = lines.reshape(grey.shape[0], grey.shape[1] + 1)
    assert (lines[:, 0] == 0).all()
    np.testing.assert_array_equal(lines[:, 1:], grey)
    crc = int.from_bytes(data[start + length : start + length + 4], "big")
    assert crc == zlib.crc32(data[start - 4 : start + length])


def test_a_browser_would_accept_the_pictures(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    page = report(make_made("vae", "digits"))
    pictures = re.findall(r'href="data:image/png;base64,([^"]+)"', page)
    assert pictures
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in set(pictures))


def test_a_metric_with_a_bound_has_all_of_it_as_its_axis() -> None:
    assert metric_axis(Metric("lower", 1.0), [np.array([0.2, 0.3])]) == (0, 1, False)


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("values", [[np.nan], [2.0, 2.0], [-3.0], [0.0], [1e-30, 1e30]])
def test_a_metrics_axis_always_has_some_length(better: Any, values: list[float]) -> None:
    low, high, log = metric_axis(Metric(better), [np.array(values)])
    assert low < high
    assert not log or low > 0


def test_the_first_rounds_do_not_squash_a_likelihoods_axis() -> None:
    """One value in twenty is off by a factor of a thousand; the rest still fill the axis."""
    values = np.concatenate([np.full(5, -1000.0), np.linspace(1, 2, 95)])
    low, high, log = metric_axis(Metric("higher"), [values])
    assert 0.5 < low < high < 2.5
    assert not log


def test_errors_that_differ_by_factors_share_a_log_axis() -> None:
    low, high, log = metric_axis(Metric("lower"), [np.array([0.01, 0.02]), np.array([5.0, 50.0])])
    assert log
    assert low < 0.01
    assert high > 5


def test_errors_of_one_size_have_a_plain_axis_from_0() -> None:
    low, high, log = metric_axis(Metric("lower"), [np.array([20.0, 40.0])])
    assert (low, log) == (0, False)
    assert high == pytest.approx(40, rel=0.05)


@pytest.mark.parametrize("perfect", [0.001, 0.0, -0.001])
def test_a_perfect_score_is_on_the_axis_which_is_no_log_axis_if_it_cannot_be(
    perfect: float,
) -> None:
    """Unbiased estimates of a distance may be below 0."""
    low, high, log = metric_axis(Metric("lower"), [np.array([0.02, 3.0])], perfect)
    assert low <= perfect <= high
    assert log == (perfect > 0)


def test_a_label_stands_where_its_median_ends() -> None:
    """Of runs that all diverge half way, that is not the end of the axis."""
    rounds = np.array([0.0, 50.0, 100.0])
    values = np.array([[1.0, 2.0, np.nan], [1.0, 2.0, np.inf]])
    gone = Series("loss minimax", "level0", rounds, values, "minimax")
    there = Series("loss vi", "level1", rounds, np.array([[0.0, 0.5, 1.0]]), "vi")
    panel = CurvePanel("", (gone, there))
    (drawing,) = metric_figures(MetricCurves("m", Metric("higher"), (panel,)), 100)
    labels = {t.text: float(t.get("x", "nan")) for t in ElementTree.fromstring(str(drawing))}
    assert labels["vi"] > labels["minimax"] + 80
    assert alts(drawing) == "All runs: the median run loss minimax ends at 2, loss vi ends at 1"


def test_many_groups_and_panels_are_cut_and_pooled_and_the_page_says_so(
    make_made: Callable[..., tuple[Study, Any]],
) -> None:
    few = report(make_made("vae", "ring"))
    assert "These are the first" not in few
    assert " together" not in few.split("<h2")[1]  # few arms: every axis is told apart
    study, results = make_made("vae", "ring", BIG["vae"], 1, 4)
    many = render(study, (), results)
    assert "These are the first 16 groups." in many
    pooled = "values of decoder scale, scale, warm up rounds and learning rate together"
    assert pooled in " ".join(many.split())
    assert len(re.findall(r"<figcaption>Evidence lower bound", many)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "target"), [("vae", "ring"), ("vae", "digits"), ("em", "grid")])
def test_a_report_of_many_runs_and_arms_is_under_3_megabytes(
    kind: str, target: str, make_made: Callable[..., tuple[Study, Any]]
) -> None:
    """As many groups as are shown, each with two typical runs, and 40 snapshots."""
    study, results = make_made(kind, target, BIG[kind], 8, 40)
    page = render(study, (), results)
    assert len(results.runs) >= 500
    assert len(page.encode()) <= 3_000_000


BIG = {
    "vae": "family.scale: [0.01, 0.1, 1.0], family.warm_up_rounds: [0, 300],"
    " family.kl_weight: [0.5, 1, 2, 4], family.decoder_scale: [fixed, learned],"
    " optimizer.learning_rate: [1e-3, 1e-2]",
    "em": "family.initialisation: [random, k-means++], family.covariance: [full, diagonal],"
    " family.components: [4, 8, 12, 25], family.data_size: [100, 1000],"
    " family.covariance_floor: [1e-6, 1e-5]",
}


def test_the_limit_of_parts_is_the_dashed_line() -> None:
    """Read off the figure's own ticks."""
    figure = Reading(parts_figure(parts([[0.3, 0.9], [0.1, 0.7]], 0.25), 1))
    (dashed,) = figure.nodes("line", "margin")
    assert figure.y(at(dashed, "y1")) == pytest.approx(0.25, abs=0.01)
    low, high = figure.lines("part", "low"), figure.lines("part")
    assert [y for _, y in low[0]] == pytest.approx([0.3, 0.1], abs=0.01)
    assert len(low) == 1
    assert len(high) == 2


def test_the_priors_circles_are_its_first_three_deviations() -> None:
    """A code two deviations from the middle lies on the second circle."""
    codes = Codes(9, np.array([[2.0, 0.0]]), None)
    root = ElementTree.fromstring(str(codes_figure(codes)))
    radii = [at(node, "r") for node in root.iter("circle")]
    (dot,) = [node for node in root.iter("path")]
    x = float(re.findall(r"M(\d+) ", dot.get("d", ""))[0])
    assert radii == pytest.approx([(x - 95) * k / 2 for k in (1, 2, 3)], abs=1)


def test_a_mode_has_one_colour_and_number_among_data_and_codes() -> None:
    centres = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    key = ElementTree.fromstring(str(data_figure(Plane(centres, (0.0, 0.0), 1.5))))
    circles = {at(n, "cx"): n.get("class") for n in key.iter("circle")}
    names = {at(n, "x"): n.text for n in key.iter("text")}
    ordered = sorted(circles, key=lambda x: -x)  # mode 1 at the right, 2 in the middle, 3 left
    assert [circles[x] for x in ordered] == ["fill-m0", "fill-m1", "fill-m2"]
    assert [names[x] for x in ordered] == ["1", "2", "3"]
    places = np.repeat(centres, 3, axis=0)
    codes = Codes(9, places, np.repeat([0, 1, 2], 3))
    root = ElementTree.fromstring(str(codes_figure(codes)))
    dots = {n.get("class"): n.get("d", "") for n in root.iter("path")}
    right = [float(re.findall(r"M(\d+) ", dots[f"samples stroke-m{k}"])[0]) for k in range(3)]
    assert right[0] > right[1] > right[2]
    said = sorted(((at(n, "x"), str(n.text)) for n in root.iter("text")), reverse=True)
    assert [name for _, name in said] == ["1", "2", "3"]


def test_originals_stand_above_their_reconstructions() -> None:
    """White images above black ones."""
    pixels = Pixels(1, 8, 8)
    pairs = Pairs(9, np.ones((18, 64)), -np.ones((18, 64)))
    root = ElementTree.fromstring(str(pairs_figure(pairs, pixels)))
    shown = sorted(root.iter("image"), key=lambda node: at(node, "y"))[:2]
    white, black = (np.asarray(Image.open(BytesIO(encoded(node)))) for node in shown)
    assert np.median(white) == 255
    assert np.median(black) == 0


def encoded(node: ElementTree.Element) -> bytes:
    """The bytes of an image in a drawing."""
    return base64.b64decode(node.get("href", "").split(",")[1])
