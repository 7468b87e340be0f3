"""Curves over rounds: lines, bands and labels are those of the runs, side by side."""

from typing import Any

import numpy as np
import pytest
from reading import Reading, at

from vistab.report.figures.curves import coverage_figure, metric_figures, rule, signal_figure
from vistab.report.view.happened import CurvePanel, Series
from vistab.report.view.metrics import MetricCurves
from vistab.spec.metrics import Metric

ROUNDS = np.array([0.0, 100.0, 200.0, 400.0])


def side(name: str, *runs: list[float]) -> Series:
    """Runs of one side over ROUNDS."""
    return Series(f"weight {name}", name, ROUNDS, np.array(runs), f"short {name}")


LOW = side("control", [0.0, 0.1, 0.2, 0.1], [0.0, 0.4, 0.6, 0.3], [0.0, 0.2, 0.5, 0.5])
HIGH = side("treatment", [0.0, 0.5, 0.9, 1.0], [0.0, 0.3, 0.7, 0.9], [0.1, 0.6, 0.8, 0.7])
PANEL = CurvePanel("two steps", (LOW, HIGH))
MIDDLES = {"control": [0.0, 0.2, 0.5, 0.3], "treatment": [0.0, 0.5, 0.8, 0.9]}


def ys(line: list[tuple[float, float]]) -> list[float]:
    """The values of a line at its rounds, which must be ROUNDS."""
    assert [x for x, _ in line] == pytest.approx(ROUNDS.tolist(), abs=3)
    return [y for _, y in line]


def test_the_strong_line_of_a_side_is_the_median_of_its_runs() -> None:
    figure = Reading(coverage_figure(PANEL, 400))
    for name, wanted in MIDDLES.items():
        (line,) = figure.lines("strong", f"stroke-{name}")
        assert ys(line) == pytest.approx(wanted, abs=0.01)


def test_the_faint_lines_of_a_side_are_its_runs() -> None:
    figure = Reading(coverage_figure(PANEL, 400))
    for series in PANEL.series:
        lines = figure.lines(inside=f"faint stroke-{series.side}")
        assert [ys(line) for line in lines] == [
            pytest.approx(run, abs=0.02) for run in series.values
        ]


def test_a_label_stands_at_the_end_of_its_own_median_in_its_own_colour() -> None:
    figure = Reading(coverage_figure(PANEL, 400))
    for name, wanted in MIDDLES.items():
        ((x, y, words),) = figure.said("direct", f"ink-{name}")
        assert words == f"short {name}"
        assert figure.y(y - 4) == pytest.approx(wanted[-1], abs=0.05)
        assert 0 < x - max(place for place, _ in figure.x_ticks) < 10
    label = figure.root.get("aria-label")
    assert label == (
        "two steps: the median run weight control ends at 30 %, weight treatment ends at 90 %"
    )


def test_a_side_that_ends_early_is_labelled_where_it_ends_with_what_it_had() -> None:
    early = side("control", [0.2, 0.4, np.nan, np.nan])
    figure = Reading(coverage_figure(CurvePanel("", (early,)), 400))
    ((x, _, _),) = figure.said("direct", "ink-control")
    assert figure.x(x - 6) == pytest.approx(100, abs=3)
    assert "ends at 40 %" in str(figure.root.get("aria-label"))


@pytest.mark.parametrize("log", [False, True])
def test_the_band_of_a_signal_holds_the_middle_four_fifths_of_the_runs(log: bool) -> None:
    """Eleven runs: a tenth of them lies below the second smallest, a tenth above."""
    steps = np.arange(11.0)
    values = np.array([10 ** (steps / 10) * (1 + k) for k in range(4)]).T
    other = Series("b", "control", ROUNDS, values * 1.5)
    panel = CurvePanel("signal", (Series("a", "treatment", ROUNDS, values), other), log)
    figure = Reading(signal_figure(panel), log_y=log)
    for series in panel.series:
        table = np.sort(series.values, axis=0)
        (line,) = figure.lines("strong", f"stroke-{series.side}")
        assert ys(line) == pytest.approx(table[5], rel=0.03)
        (around,) = figure.lines("band", f"fill-{series.side}")
        assert ys(around[:4]) == pytest.approx(table[9], rel=0.03)
        assert ys(around[:3:-1]) == pytest.approx(table[1], rel=0.03)


def test_a_signals_finding_is_the_median_at_the_end_of_each_side() -> None:
    drawn = Reading(signal_figure(PANEL))
    assert drawn.root.get("aria-label") == (
        "two steps, median at the end: weight control 0.3, weight treatment 0.9"
    )


@pytest.mark.parametrize(("factor", "log"), [(1.0, False), (1000.0, True)])
def test_a_metrics_lines_and_the_score_of_real_images_are_read_off_its_axis(
    factor: float, log: bool
) -> None:
    errors = side("treatment", [factor * 8.0, 6.0, 4.0, 3.0])
    curves = MetricCurves("m", Metric("lower"), (CurvePanel("", (errors,)),), perfect=2.5)
    (drawing,) = metric_figures(curves, 400)
    figure = Reading(drawing, log_y=log)
    (line,) = figure.lines("strong", "stroke-treatment")
    assert ys(line)[1:] == pytest.approx([6.0, 4.0, 3.0], rel=0.05)
    (dashed,) = figure.nodes("line", "margin")
    assert figure.y(at(dashed, "y1")) == pytest.approx(2.5, rel=0.05)


def test_the_key_of_a_side_has_its_colour() -> None:
    assert 'class="strong stroke-control1"' in str(rule(22, "control1"))


def test_a_series_knows_how_many_of_its_runs_lie_below() -> None:
    """The values that the band and the strong line are drawn from."""
    runs: Any = np.arange(11.0)[:, None] * np.array([1.0, 10.0])
    series = Series("a", "treatment", np.array([0.0, 1.0]), runs)
    assert series.low.tolist() == pytest.approx([1.0, 10.0])
    assert series.median.tolist() == pytest.approx([5.0, 50.0])
    assert series.high.tolist() == pytest.approx([9.0, 90.0])
