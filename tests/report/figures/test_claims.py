"""The small figure of each kind of claim: read off its axes, it says what the record says."""

from dataclasses import replace
from typing import Any

import pytest
from reading import Reading, at, corners, parsed, value_of

from vistab.analysis.verdict import Verdict
from vistab.report.figures.claims import claim_figures
from vistab.report.view.claims import figure_labels

LABELS = {**figure_labels(None), "measured": "failed runs", "axis": "weight"}
SIDES = ("control", "treatment")


@pytest.fixture
def judged(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    """The invented verdicts by id."""
    return {verdict.id: verdict for verdict in verdicts}


def only(verdict: Verdict) -> Reading:
    """The one drawing of a verdict."""
    (drawing,) = claim_figures(verdict, LABELS)
    return Reading(drawing)


def pairs(*of_both: tuple[float, float], **more: Any) -> dict[str, Any]:
    """The record of one control: a pair (control, treatment) a replicate."""
    rows = [
        {"replicate": k, "control": c, "treatment": t, "effect": t - c}
        for k, (c, t) in enumerate(of_both)
    ]
    mean = {
        f"{side}_mean": sum(pair[k] for pair in of_both) / len(of_both)
        for k, side in enumerate(SIDES)
    }
    return {"label": "w 0", "verdict": "supported", "by_replicate": rows, **mean, **more}


PAIRS = ((0.9, 0.2), (0.5, 0.7), (0.6, 0.1), (0.8, 0.4))


@pytest.fixture
def dots(judged: dict[str, Verdict]) -> Reading:
    """The paired dots of PAIRS."""
    return only(replace(judged["rate"], details={"controls": [pairs(*PAIRS)]}))


def test_squares_are_the_controls_values_and_discs_the_treatments(dots: Reading) -> None:
    """Pair by pair, sorted by the control's."""
    found = list(zip(dots.heights("control"), dots.heights("treatment"), strict=True))
    assert [c for c, _ in found] == pytest.approx([0.9, 0.8, 0.6, 0.5], abs=0.01)
    assert [t for _, t in found] == pytest.approx([0.2, 0.4, 0.1, 0.7], abs=0.01)


def test_a_line_joins_the_two_marks_of_a_replicate(dots: Reading) -> None:
    joined = [
        [dots.y(at(line, "y1")), dots.y(at(line, "y2"))] for line in dots.nodes("line", "pair")
    ]
    marks = zip(dots.heights("control"), dots.heights("treatment"), strict=True)
    assert joined == [pytest.approx(pair, abs=0.01) for pair in marks]


def test_the_bar_and_the_words_beside_the_pairs_are_each_sides_mean(dots: Reading) -> None:
    means = {"control": 0.7, "treatment": 0.35}
    for side, mean in means.items():
        (bar,) = dots.nodes("line", "mean", f"stroke-{side}")
        assert dots.y(at(bar, "y1")) == pytest.approx(mean, abs=0.01)
    assert [words for *_, words in dots.said("direct")] == ["control", "70 %", "treatment", "35 %"]


def test_of_several_controls_each_has_a_drawing_of_its_own_numbers(
    judged: dict[str, Verdict],
) -> None:
    """In their order."""
    controls = [pairs((0.9, 0.2), (0.9, 0.2)), pairs((0.3, 0.1), (0.3, 0.1))]
    drawn = claim_figures(replace(judged["rate"], details={"controls": controls}), LABELS)
    first, second = (Reading(one) for one in drawn)
    assert first.heights("control") == pytest.approx([0.9, 0.9], abs=0.01)
    assert second.heights("control") == pytest.approx([0.3, 0.3], abs=0.01)


def test_a_trend_shows_means_and_replicates_level_by_level(judged: dict[str, Verdict]) -> None:
    figure = only(judged["trend"])
    (strong,) = figure.nodes("path", "strong")
    (line,) = Named(figure).lines([strong])
    assert line == [("1", approx(0.6)), ("2", approx(0.45)), ("5", approx(0.3))]
    faint = Named(figure).lines(figure.nodes("path", "faint"))
    assert [[y for _, y in one] for one in faint] == [
        pytest.approx([0.7, 0.5, 0.3], abs=0.01),
        pytest.approx([0.5, 0.4, 0.3], abs=0.01),
    ]
    dots = [(figure.named_x(at(n, "cx")), figure.y(at(n, "cy"))) for n in figure.nodes("circle")]
    assert dots == line
    said = {x: words for x, _, words in figure.said("direct", "halo")}
    assert [words for _, words in sorted(said.items())] == ["60 %", "45 %", "30 %"]


def approx(value: float) -> Any:
    """Within the width of a stroke."""
    return pytest.approx(value, abs=0.01)


class Named:
    """Lines over an axis whose ticks are names."""

    def __init__(self, figure: Reading) -> None:
        """A figure whose y has numbers."""
        self.figure = figure

    def lines(self, nodes: Any) -> list[list[tuple[str, float]]]:
        """Paths as (name of the level, value)."""
        return [
            [(self.figure.named_x(x), self.figure.y(y)) for x, y in corners(node)] for node in nodes
        ]


def test_an_interaction_shows_both_sides_at_both_levels(judged: dict[str, Verdict]) -> None:
    figure = only(judged["interaction"])
    means = judged["interaction"].details["means"]
    for side in SIDES:
        (line,) = Named(figure).lines(figure.nodes("path", "strong", f"stroke-{side}"))
        assert line == [("off", approx(means[side][0])), ("on", approx(means[side][1]))]
        assert figure.heights(side) == pytest.approx(means[side], abs=0.01)
    said = [words for *_, words in figure.said("direct")]
    assert said == ["control", "30 %", "treatment", "20 %"]
    gaps = [
        sorted((figure.y(at(n, "y1")), figure.y(at(n, "y2")))) for n in figure.nodes("line", "pair")
    ]
    assert gaps == [pytest.approx([0.3, 0.7], abs=0.01), pytest.approx([0.2, 0.3], abs=0.01)]


def test_a_stable_region_shows_each_sides_share_of_healthy_runs_by_level(
    judged: dict[str, Verdict],
) -> None:
    """The filled part of a cell, from below; its words; its level; and the mean length."""
    verdict = judged["stable_region"]
    root = parsed(claim_figures(verdict, LABELS)[0])
    cells = [n for n in root.iter("rect") if n.get("class") == "cell"]
    filled = [n for n in root.iter("rect") if n.get("class") == "pale-healthy"]
    texts = [(at(t, "x"), at(t, "y"), str(t.text)) for t in root.iter("text")]
    for side in SIDES:
        (top,) = [y for _, y, words in texts if words == side]
        row = [(c, f) for c, f in zip(cells, filled, strict=True) if 0 < top - at(c, "y") < 30]
        row.sort(key=lambda pair: at(pair[0], "x"))
        shares = [at(f, "height") / at(c, "height") for c, f in row]
        assert shares == pytest.approx(verdict.details["healthy"][side], abs=0.01)
        for (cell, part), share, level in zip(
            row, shares, ("0.001", "0.002", "0.004"), strict=True
        ):
            bottom = at(cell, "y") + at(cell, "height")
            assert at(part, "y") + at(part, "height") == pytest.approx(bottom, abs=0.2)
            left, right = at(cell, "x"), at(cell, "x") + at(cell, "width")
            inside = [w for x, y, w in texts if left < x < right and at(cell, "y") < y < bottom]
            below = [w for x, y, w in texts if left < x < right and bottom < y < bottom + 20]
            assert [value_of(words) for words in inside] == [pytest.approx(share, abs=0.005)]
            assert below == [level]
        length = verdict.details["mean_length"][side]
        (told,) = [w for x, y, w in texts if x == 0 and top < y < top + 20]
        assert told == f"{length:g} values"


def test_what_is_identical_lies_at_exactly_0_and_what_is_not_at_the_far_end(
    judged: dict[str, Verdict],
) -> None:
    same = judged["C0"]
    other = replace(same, verdict="refuted", details={"largest_difference": 0.02})
    for verdict, mark, words in (
        (same, "exactly 0", "0: every bit is equal"),
        (other, "different", "largest: 0.02"),
    ):
        root = parsed(claim_figures(verdict, LABELS)[0])
        (dot,) = root.iter("circle")
        places = {str(t.text): at(t, "x") for t in root.iter("text")}
        assert at(dot, "cx") == pytest.approx(places[mark])
        assert words in places
        assert f"v-{verdict.verdict}" in str(dot.get("class"))


def test_an_onset_claim_is_drawn_as_its_two_survival_curves(judged: dict[str, Verdict]) -> None:
    figure = only(judged["onset"])
    ends = [words for *_, words in figure.said("direct")]
    assert ends == ["treatment", "70 %", "control", "10 %"]


@pytest.mark.parametrize("kind", ["rate", "trend", "interaction"])
def test_a_long_name_of_what_is_measured_takes_lines_of_its_own_above_the_figure(
    kind: str, judged: dict[str, Verdict]
) -> None:
    """All of it within the card, none of it over the marks."""
    long = "pairs with the higher mismatch of codes and prior among real images at the end"
    (drawing,) = claim_figures(judged[kind], {**LABELS, "measured": long})
    figure = Reading(drawing)
    width = float(figure.root.get("viewBox", "").split()[2])
    lines = [(at(n, "x"), at(n, "y"), str(n.text)) for n in figure.nodes("text", "axis-label")]
    above = [(y, text) for x, y, text in lines if x == 2]
    assert " ".join(text for _, text in above).startswith(long)
    assert all(2 + 6 * len(text) <= width for _, text in above)
    highest = min(place for place, _ in figure.y_ticks)
    assert max(y for y, _ in above) < highest
    assert len({y for y, _ in above}) == len(above) > 1
