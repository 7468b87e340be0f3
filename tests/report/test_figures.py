"""Scales, labels and drawings."""

import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.verdict import Verdict
from vistab.report.figures.claims import DRAWN, claim_figures
from vistab.report.figures.curves import coverage_figure, metric_figures
from vistab.report.figures.maps import failure_map
from vistab.report.figures.scale import Scale, round_ticks
from vistab.report.figures.scatter import displacement_figure
from vistab.report.figures.survival import survival_figure
from vistab.report.figures.svg import figure, polyline, spread, steps, text
from vistab.report.view.claims import figure_labels
from vistab.report.view.happened import CurvePanel, MapPanel, Series, Tally
from vistab.report.view.metrics import MetricCurves
from vistab.report.view.why import Group
from vistab.spec.metrics import Metric

LABELS = figure_labels(None)


def test_a_log_scale_puts_equal_factors_at_equal_distances() -> None:
    scale = Scale(1e-3, 4e-3, 0, 100, log=True)
    assert [scale(v) for v in (1e-3, 2e-3, 4e-3)] == pytest.approx([0, 50, 100])
    assert math.isnan(scale(0))


@given(
    low=st.floats(-1e6, 1e6),
    span=st.floats(1e-3, 1e6),
)
def test_ticks_are_few_and_inside_the_range(low: float, span: float) -> None:
    ticks = round_ticks(low, low + span)
    room = span * 1e-6 + abs(low) * 1e-9
    assert 1 <= len(ticks) <= 7
    assert all(low - room <= tick <= low + span + room for tick in ticks)


def test_narrow_log_scales_have_ticks_too() -> None:
    assert Scale(0.18, 0.72, 0, 100, log=True).ticks() == [0.2, 0.5]
    assert Scale(1e-4, 1.0, 0, 100, log=True).ticks() == pytest.approx([1e-4, 1e-2, 1])


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_labels_never_collide_and_keep_their_order(positions: list[float]) -> None:
    moved = spread(positions, 12)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(np.array(moved)[order]) >= 12 - 1e-6).all()


def test_a_line_breaks_where_a_run_has_no_value() -> None:
    assert polyline([(0, 1), (1, math.nan), (2, 3), (3, 4)]) == "M0 1M2 3L3 4"


def test_survival_falls_in_steps() -> None:
    assert steps([0, 5], [1.0, 0.5]) == [(0, 1.0), (5, 1.0), (5, 0.5)]


def test_text_is_escaped_and_the_finding_is_the_alt_text() -> None:
    drawn = str(figure('a < b & "c"', 10, 10, text(0, 0, "<script>")))
    root = ElementTree.fromstring(drawn)
    assert root.get("aria-label") == 'a < b & "c"'
    assert root[0].text == "<script>"


def test_every_judged_verdict_has_a_figure_that_states_its_finding(
    verdicts: tuple[Verdict, ...],
) -> None:
    for verdict in verdicts:
        drawn = claim_figures(verdict, LABELS)
        assert bool(drawn) == (verdict.verdict != "void")
        for drawing in drawn:
            label = ElementTree.fromstring(str(drawing)).get("aria-label")
            assert label is not None
            assert label.startswith(verdict.sentence)


def test_a_claim_with_three_controls_has_three_figures(verdicts: tuple[Verdict, ...]) -> None:
    rivals = next(verdict for verdict in verdicts if verdict.id == "rivals")
    assert len(claim_figures(rivals, LABELS)) == 3


@pytest.mark.parametrize("kind", [*DRAWN, "rate", "score", "equivalence"])
def test_a_verdict_without_details_has_no_figure(kind: str, verdicts: tuple[Verdict, ...]) -> None:
    assert claim_figures(replace(verdicts[1], kind=kind, details={}), LABELS) == []


def test_paired_dots_stand_at_the_replicates_values(verdicts: tuple[Verdict, ...]) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    root = ElementTree.fromstring(str(claim_figures(rate, LABELS)[0]))
    dots = [float(dot.get("cy", "nan")) for dot in root.iter("circle")]
    top, bottom = 22, 166
    shares = sorted((bottom - y) / (bottom - top) for y in dots)
    assert shares == pytest.approx([0.4, 0.45, 0.5, 0.5], abs=0.01)


@pytest.mark.parametrize(
    ("unit", "ticks"), [("share of pairs", {"0 %", "50 %", "100 %"}), ("final_coverage", {"0.5"})]
)
def test_a_score_is_drawn_in_percent_of_pairs_or_in_the_metric_itself(
    unit: str, ticks: set[str], verdicts: tuple[Verdict, ...]
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    (drawn,) = claim_figures(replace(rate, kind="score", unit=unit), LABELS)
    told = {text for text in texts(drawn) if text.endswith(" %") or text.startswith("0.")}
    assert ticks <= told
    assert any(text.endswith("%") for text in told) == (unit == "share of pairs")


@pytest.mark.parametrize(("unit", "shown"), [("final_coverage", True), ("share of pairs", False)])
def test_a_score_draws_who_failed_only_where_failed_runs_are_left_out(
    unit: str, shown: bool, verdicts: tuple[Verdict, ...]
) -> None:
    """Among all pairs the failed runs are compared as well, so nothing is left out."""
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    (control,) = rate.details["controls"]
    details = {"controls": [{**control, "failed": {"treatment": 0.25, "control": 0.5}}]}
    (drawn,) = claim_figures(replace(rate, kind="score", unit=unit, details=details), LABELS)
    root = ElementTree.fromstring(str(drawn))
    bars = [
        (float(node.get("width", "nan")), node.get("class"))
        for node in root.iter("rect")
        if float(node.get("height", "0")) == 14
    ]
    widths = {name: width for width, name in bars}
    assert ("cell" in widths) == shown
    assert not shown or widths["fill-treatment"] == pytest.approx(widths["cell"] / 4, abs=0.1)
    assert not shown or widths["fill-control"] == pytest.approx(widths["cell"] / 2, abs=0.1)


def test_a_map_cell_says_k_of_n_and_is_shaded_by_the_share() -> None:
    panel = MapPanel("", (0, 5), (1e-3,), ((Tally({"healthy": 7, "stalled": 3}),), (None,)))
    root = ElementTree.fromstring(str(failure_map(panel, "weight", "rate")))
    assert "3/10" in [node.text for node in root.iter("text")]
    shades = [node.get("fill-opacity") for node in root.iter("rect") if node.get("fill-opacity")]
    assert shades == ["0.30"]


def test_the_names_of_a_maps_rows_have_room() -> None:
    """About 6 pixels a letter, to the left of where they end."""
    cells = ((Tally({"healthy": 7}),), (Tally({"healthy": 7}),))
    panel = MapPanel("", ("non_saturating", "vi"), (1e-3,), cells)
    root = ElementTree.fromstring(str(failure_map(panel, "loss", "rate")))
    ends = {
        t.text: float(t.get("x", 0)) for t in root.iter("text") if t.get("text-anchor") == "end"
    }
    assert ends["non saturating"] == ends["vi"] >= 6 * len("non saturating")


def test_the_displacement_figure_states_each_arms_medians() -> None:
    drawn = str(
        displacement_figure([Group("treated", "treatment", (0.01, 0.04, 0.02), (1, 0.5, 1))])
    )
    label = ElementTree.fromstring(drawn).get("aria-label")
    assert label == "Medians by arm. treated: displacement 0.02, coverage 100 %"


def texts(drawing: object, anchor: str | None = None) -> dict[str, tuple[float, float]]:
    """Where each text of a drawing stands: (x, y)."""
    found = ElementTree.fromstring(str(drawing)).iter("text")
    return {
        str(t.text): (float(t.get("x", "nan")), float(t.get("y", "nan")))
        for t in found
        if anchor is None or t.get("text-anchor") == anchor
    }


@pytest.mark.parametrize("ends", [(0.1, 0.0), (0.0, 0.0), (0.02, 0.9), (1.0, 1.0)])
def test_the_labels_of_survival_curves_stand_apart_and_above_the_ticks_of_x(
    ends: tuple[float, float],
) -> None:
    """Runs of both sides may all be gone at the end: their labels still do not meet the axis."""
    sides = zip(("control", "treatment"), ends, strict=True)
    curves = {side: {"rounds": [0, 500], "survival": [1.0, end]} for side, end in sides}
    root = ElementTree.fromstring(str(survival_figure(curves, "alt", "not failed yet")))
    labels = [
        float(t.get("y", "nan"))
        for t in root.iter("text")
        if (t.get("class") or "").startswith("direct")
    ]
    axis = max(float(rule.get("y1", "nan")) for rule in root.iter("line"))
    assert len(labels) == 4
    assert (np.diff(sorted(labels)) >= 11).all()
    assert max(labels) <= axis


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4))
def test_ticks_of_a_narrow_range_are_told_apart(low: float, span: float) -> None:
    """-1.40 and -1.42, not twice -1.4."""
    values = np.array([[low, low + span]])
    series = Series("a", "level0", np.array([0.0, 1.0]), values, "a")
    curves = MetricCurves("m", Metric("higher"), (CurvePanel("", (series,)),))
    (drawing,) = map(str, metric_figures(curves, 1))
    at_y = [
        t.text
        for t in ElementTree.fromstring(drawing).iter("text")
        if t.get("class") == "tick" and t.get("text-anchor") == "end"
    ]
    assert at_y
    assert len(at_y) == len(set(at_y))


@given(st.floats(1e-6, 1e6), st.floats(1.05, 1e4))
def test_a_log_axis_has_at_least_two_ticks_in_its_range(low: float, factor: float) -> None:
    ticks = Scale(low, low * factor, 0, 100, log=True).ticks()
    assert len(ticks) >= 2
    assert min(ticks) >= low * 0.999
    assert max(ticks) <= low * factor * 1.001


def test_pairs_of_many_replicates_are_drawn_smaller_and_stay_off_the_axis(
    verdicts: tuple[Verdict, ...],
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    control = rate.details["controls"][0]
    pairs = [{"replicate": k, "treatment": 1.0, "control": 1.0} for k in range(64)]
    crowded = replace(rate, details={"controls": [{**control, "by_replicate": pairs}]})
    few, many = (str(claim_figures(one, LABELS)[0]) for one in (rate, crowded))
    sizes = [
        max(float(dot.get("r", "nan")) for dot in ElementTree.fromstring(drawn).iter("circle"))
        for drawn in (few, many)
    ]
    assert sizes[0] == 4
    assert sizes[1] < 2
    for drawn in (few, many):
        squares = ElementTree.fromstring(drawn).iter("rect")
        axis = min(float(x.get("x1", "nan")) for x in ElementTree.fromstring(drawn).iter("line"))
        assert min(float(square.get("x", "nan")) for square in squares) > axis


def ends(*values: list[float]) -> CurvePanel:
    """A panel with a side for each list of values over rounds 0, 1, 2, ..."""
    sides = [
        Series(f"s{k}", f"level{k}", np.arange(len(one), dtype=float), np.array([one]), f"s{k}")
        for k, one in enumerate(values)
    ]
    return CurvePanel("", tuple(sides))


def ticks_of_y(drawing: object) -> list[str]:
    """What is written at the ticks of y."""
    nodes = ElementTree.fromstring(str(drawing)).iter("text")
    ticks = (node for node in nodes if node.get("class") == "tick")
    return [str(node.text) for node in ticks if node.get("text-anchor") == "end"]


def test_panels_of_one_target_share_an_axis_and_those_of_several_do_not() -> None:
    panels = (ends([1.0, 2.0, 3.0]), ends([100.0, 200.0, 300.0]))
    shared = MetricCurves("m", Metric("higher"), panels)
    same, other = map(ticks_of_y, metric_figures(shared, 2))
    assert same == other
    apart = MetricCurves("m", Metric("higher"), panels, comparable=False)
    low, high = map(ticks_of_y, metric_figures(apart, 2))
    assert max(map(float, low)) < 10 < max(map(float, high))


def test_what_real_images_score_is_a_dashed_line_on_the_axis() -> None:
    """Though no run comes near it, and under its name."""
    curves = MetricCurves("m", Metric("lower"), (ends([50.0, 40.0, 30.0]),), perfect=2.0)
    (drawing,) = metric_figures(curves, 2)
    root = ElementTree.fromstring(str(drawing))
    (dashed,) = [node for node in root.iter("line") if node.get("class") == "margin"]
    assert 22 <= float(dashed.get("y1", "nan")) <= 156
    assert "real images" in texts(drawing)
    (without,) = metric_figures(replace(curves, perfect=None), 2)
    assert "real images" not in texts(without)
    assert 'class="margin"' not in str(without)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_labels_at_the_end_of_curves_stay_above_the_ticks_of_x(share: float) -> None:
    drawing = coverage_figure(ends([0.5, share], [0.5, share], [0.5, share]), 1)
    labels = [y for name, (_, y) in texts(drawing).items() if name in ("s0", "s1", "s2")]
    axis = max(float(r.get("y1", "nan")) for r in ElementTree.fromstring(str(drawing)).iter("line"))
    assert len(labels) == 3
    assert (np.diff(sorted(labels)) >= 12).all()
    assert max(labels) <= axis + 4
