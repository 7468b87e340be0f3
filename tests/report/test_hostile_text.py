"""Text of users may hold anything: no page breaks by it, reads as something else, or overflows."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vistab.analysis.verdict import Verdict
from vistab.report import render
from vistab.report.figures.claims import claim_figures
from vistab.report.figures.curves import coverage_figure
from vistab.report.figures.maps import failure_map, outcome_map
from vistab.report.html import TURNING, environment, script_data, straight
from vistab.report.view.claims import figure_labels
from vistab.report.view.happened import MapPanel, Tally, coverage_panels
from vistab.report.view.layout import Column, Layout
from vistab.report.words import short_names
from vistab.spec.study import Study

SWALLOWS = "<!--<script>"
"""In a script element, all up to a matching end tag is swallowed after this."""

TURNS = "\u202etrepo\u202c \u2066x\u2069 \u200f\u200e\u061c \u202a\u202b\u202d\u2067\u2068"
LONG = "a_path/that_goes_on/" * 4


@pytest.fixture
def hostile(study: Study, results: Any, verdicts: tuple[Verdict, ...], synthetic: Any) -> Any:
    """A page where every text that a user can set holds what breaks pages."""
    evil = f"{SWALLOWS}{TURNS}</script>\u2028{LONG.replace('/', '_')}"
    *_, lose = synthetic
    broken = lose(results, results.runs.index[:2], "crashed", f"Error: {evil}")
    named = broken.runs["arm"] != broken.runs["arm_id"]
    broken.runs["optimizer.kind"] = np.where(named, f"/data/{evil}", "adam")
    broken.runs["evidence"] = evil
    broken = replace(broken, provenance={**broken.provenance, "command": f"vistab study {evil}"})
    claims = tuple(claim.model_copy(update={"says": evil}) for claim in study.claims)
    told = [
        replace(
            one, says=evil, sentence=evil, source=evil, reason=evil, details=relabelled(one, evil)
        )
        for one in verdicts
    ]
    return render(study.model_copy(update={"title": evil, "claims": claims}), told, broken)


def relabelled(verdict: Verdict, label: str) -> dict[str, Any]:
    """The details of a verdict, its controls under this label."""
    controls = [{**one, "label": label} for one in verdict.details.get("controls", ())]
    return {**verdict.details, "controls": controls}


def test_no_text_of_a_user_turns_what_stands_around_it(hostile: str) -> None:
    """Overrides, embeddings, isolates and marks are shown by their codes."""
    assert not TURNING.search(hostile)
    assert "[U+202E]trepo[U+202C]" in hostile


def test_no_text_of_a_user_opens_or_ends_a_script(hostile: str) -> None:
    """Two scripts, data and code; nothing in them that could be read as a tag or a comment."""
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", hostile, re.S)
    assert len(scripts) == 2
    assert hostile.count("<script") == hostile.count("</script") == 2
    assert "<!--" not in hostile
    data = json.loads(scripts[0])
    assert any(SWALLOWS in error for error in data["error"]["names"])
    (axis,) = [axis for axis in data["axes"] if axis["name"] == "kind"]
    assert any(SWALLOWS in name for name in axis["names"])


@pytest.mark.browser
def test_a_browser_still_shows_the_table_and_never_scrolls_sideways(
    browser: Any, tmp_path: Path, hostile: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(hostile, encoding="utf-8")
    browser.open(path, 390)
    assert browser.complaints() == []
    assert browser.js("document.querySelectorAll('#runs-table tbody tr').length") == 25
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.js("document.documentElement.scrollWidth") <= 390


@example(f"{TURNS}{SWALLOWS}&\u2028\u2029")
@given(st.text())
def test_data_in_a_script_are_read_back_but_hold_no_tag(text: str) -> None:
    written = script_data({"a": [text]})
    assert json.loads(written) == {"a": [straight(text)]}
    assert not set(written) & set("<>&\u2028\u2029")


@given(st.text(alphabet="ab<&" + "".join(set(TURNS))))
def test_every_expression_of_every_template_is_straightened(text: str) -> None:
    made = environment({}).from_string("{{ t }} {{ t | upper }} {{ '<b>' | safe }}").render(t=text)
    assert not TURNING.search(made)
    assert "<" not in made.replace("<b>", "")


def test_words_of_languages_that_run_from_right_to_left_stay_as_they_are() -> None:
    assert straight("\u05e9\u05dc\u05d5\u05dd 5") == "\u05e9\u05dc\u05d5\u05dd 5"


# --- long names


def extent(drawing: object) -> list[float]:
    """The sizes of all boxes, and where all texts begin and end by the mean width of letters."""
    root = ElementTree.fromstring(str(drawing))
    width = float(root.get("viewBox", "").split()[2])
    for box in root.iter("rect"):
        assert float(box.get("width", "nan")) > 0
        assert float(box.get("height", "nan")) >= 0
    found = []
    for node in root.iter("text"):
        x, wide = float(node.get("x", "nan")), 6.0 * len(node.text or "")
        share = {"end": 1.0, "middle": 0.5}.get(node.get("text-anchor", ""), 0.0)
        found += [x - share * wide, x + (1 - share) * wide]
    assert min(found) >= -20
    assert max(found) <= width + 20
    return found


@given(
    rows=st.lists(st.text("abc_/", min_size=1, max_size=120), min_size=1, max_size=4, unique=True),
    columns=st.integers(1, 4),
)
def test_maps_of_values_of_any_length_have_cells_and_names_within_the_drawing(
    rows: list[str], columns: int
) -> None:
    names = tuple(f"{LONG}{k}" for k in range(columns))
    cell = Tally({"healthy": 3, "stalled": 1})
    panel = MapPanel("", tuple(rows), names, ((cell,) * columns,) * len(rows))
    extent(failure_map(panel, "path", "path"))
    extent(outcome_map(panel, "path", "path"))


def test_curves_of_values_of_any_length_leave_room_for_the_curves(results: Any) -> None:
    runs = results.runs.copy()
    runs["target.path"] = [f"{LONG}{k % 2}" for k in range(len(runs))]
    levels = tuple(sorted(set(runs["target.path"])))
    layout = Layout(Column("target.path", levels), None, (), None)
    (panel,) = coverage_panels(runs, results.history, layout)
    extent(coverage_figure(panel, 1200))
    shorts = [series.short for series in panel.series]
    assert len(set(shorts)) == 2


@pytest.mark.parametrize("kind", ["trend", "interaction", "stable_region"])
def test_claims_along_values_of_any_length_have_figures_within_their_cards(
    kind: str, verdicts: tuple[Verdict, ...]
) -> None:
    verdict = next(one for one in verdicts if one.id == kind)
    levels = [f"{k}{LONG}" for k, _ in enumerate(verdict.details["levels"])]
    told = replace(verdict, details={**verdict.details, "levels": levels})
    (drawing,) = claim_figures(told, figure_labels(None))
    extent(drawing)


def test_names_are_cut_in_their_middle_and_told_apart() -> None:
    assert short_names(["short", LONG], 11) == ["short", "a_pat\u2026s on/".replace("_", " ")]
    assert short_names([f"{LONG}{k}{LONG}" for k in range(2)], 11) == [
        "1: a pat\u2026s on/",
        "2: a pat\u2026s on/",
    ]
    assert short_names([0.000251, 1234567.0, True], 3) == ["0.000251", "1.23457e+06", "on"]
