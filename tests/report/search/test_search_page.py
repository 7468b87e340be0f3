"""The page of a study with a search: its numbers, its order, and what stays out of the rest."""

import re
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from vistab.report import render


def section(page: str, name: str) -> str:
    """One section's HTML."""
    found = re.search(rf'<section id="{name}">.*?</section>', page, re.S)
    assert found
    return found.group()


def told(html: str) -> str:
    """Its text, tags dropped."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("name", ["sampled", "bisected"])
def test_the_search_comes_after_the_verdicts_and_before_what_happened(
    name: str, pages: dict[str, str]
) -> None:
    places = [
        pages[name].index(f'<section id="{id_}"') for id_ in ("verdicts", "search", "happened")
    ]
    assert places == sorted(places)
    links = re.findall(r'<li><a href="#(\w+)">', pages[name])
    assert links[:3] == ["verdicts", "search", "happened"]
    ElementTree.fromstring(section(pages[name], "search"))  # well-formed


def test_a_study_without_a_search_has_neither_the_section_nor_its_style(html: str) -> None:
    assert 'id="search"' not in html
    assert ".winner" not in html
    assert '"role"' not in html[html.index('id="runs-data"') :]


def test_explored_and_confirmed_numbers_stand_side_by_side(
    pages: dict[str, str], sampled: Any
) -> None:
    _, results = sampled
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", section(pages["sampled"], "search"), re.S)
    cells = [[told(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    assert [row[0] for row in cells] == ["search.baseline", "search.best", "search.2"]
    assert [row[1] for row in cells] == ["not explored", "0 of 4 (0 %)", "1 of 4 (25 %)"]
    assert [row[3] for row in cells] == ["\u2013", "60 %", "80 %"]
    assert cells[1][5] == "learning rate 0.0034, regularizer weight 11, generator steps 2"
    for name, _, confirmed, _, coverage, _ in cells:
        own = results.runs[results.runs["arm"] == name]
        assert confirmed.startswith(f"{(own['outcome'] != 'healthy').sum()} of {len(own)} (")
        assert coverage == f"{round(100 * own['final_coverage'].mean())} %"


def test_frontiers_stand_in_a_table_with_the_same_numbers(pages: dict[str, str]) -> None:
    html = section(pages["bisected"], "search")
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html, re.S)
    cells = [[told(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    assert cells[:2] == [
        ["0", "0.00316", "0.00562", "at most 0.01; no lower end found", "36"],
        ["5", "0.0178", "0.0316", "0.01 to 0.0316", "36"],
    ]
    assert "stable: at most 50 % of its runs failed" in told(html)


@pytest.mark.parametrize("name", ["sampled", "bisected"])
def test_alt_texts_of_the_section_state_what_was_found(name: str, pages: dict[str, str]) -> None:
    html = section(pages[name], "search")
    drawings = re.findall(r'<svg class="figure"[^>]*aria-label="([^"]*)"', html)
    assert len(drawings) == {"sampled": 2, "bisected": 1}[name]
    assert all(re.search(r"\d", alt) and alt.endswith(".") for alt in drawings)


@pytest.mark.parametrize("made", ["sampled", "bisected"])
def test_explore_runs_reach_only_what_speaks_of_them(
    made: str, request: Any, verdicts: Any
) -> None:
    """Whatever became of them, the other sections are the same to the letter."""
    study, results = request.getfixturevalue(made)
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    judged = (replace(rate, id="best"),)
    explored = results.runs["role"] == "explore"
    runs, history = results.runs.copy(), results.history.copy()
    runs.loc[explored, "outcome"] = "diverged"
    runs.loc[explored, "final_coverage"] = 0.0
    history.loc[history["run_id"].isin(runs.loc[explored, "run_id"]), "coverage"] = 0.123
    pages = [
        render(study, judged, one)
        for one in (results, replace(results, runs=runs, history=history))
    ]
    assert section(pages[0], "method") != section(pages[1], "method")  # it counts outcomes
    for part in ("verdicts", "search", "happened", "strips", "why"):
        assert section(pages[0], part) == section(pages[1], part)
    heads = [page[: page.index("<main>")] for page in pages]
    assert heads[0] == heads[1]


def test_the_flow_tells_explored_and_confirmed_apart(pages: dict[str, str]) -> None:
    flow = told(section(pages["sampled"], "method").split("</ol>")[0])
    order = [
        "32 explore runs planned 8 suggestions \u00d7 4 replicates",
        "32 explore runs finished 14 healthy, 18 mode collapse",
        "The best of them chosen 2 arms and the baseline",
        "18 confirm runs planned 3 arms \u00d7 6 replicates",
        "18 confirm runs finished",
        "1 claim judged",
    ]
    places = [flow.index(part) for part in order]
    assert places == sorted(places)


def test_the_design_says_what_was_searched(pages: dict[str, str]) -> None:
    design = told(section(pages["sampled"], "method"))
    for fact in (
        "Replicates 6 of each confirmed arm, seed 0",
        "Search tpe, 8 suggestions, 4 replicates of each",
        "Searched: learning rate 0.001 to 0.02 (log scale)",
        "Searched: generator steps 1, 2, 5",
        "Confirmed search.baseline, search.best and search.2",
    ):
        assert fact in design


def test_lost_runs_of_both_roles_are_listed(sampled: Any, synthetic: Any) -> None:
    *_, lose = synthetic
    study, results = sampled
    html = told(section(render(study, (), lose(results, [0, 20], "crashed", "Boom")), "method"))
    assert "2 runs crashed" in html
    assert "search.baseline: r000; search.trial.000: r008" in html
    assert "explore runs are needed by none" in html


def test_the_plain_table_tells_the_roles(pages: dict[str, str], sampled: Any) -> None:
    found = re.search(r"<noscript>.*?</noscript>", pages["sampled"], re.S)
    assert found
    assert '<th scope="col">role</th>' in found.group()
    roles = re.findall(r"<td>(confirm|explore)</td>", found.group())
    assert roles == list(sampled[1].runs["role"])


@pytest.mark.parametrize("example", ["sampling", "bisection"])
@pytest.mark.parametrize("done", [0, 3])
def test_a_search_that_is_not_over_has_a_report(
    example: str, done: int, request: Any, searched: Any, synthetic: Any
) -> None:
    *_, lose = synthetic
    text, trials = request.getfixturevalue(example)
    study, results = searched(text, trials[:done])
    waiting = results.runs.index[results.runs["role"] == "confirm"]
    html = render(study, (), lose(results, waiting, "missing"))
    told_of = told(section(html, "search"))
    assert f"{done} of {len(trials)} suggestions have ended" in told_of
    assert told_of.count("not chosen yet") == (3 if example == "sampling" else 2)
    assert 'id="happened"' not in html


def test_a_single_objective_is_drawn_in_order(searched: Any, sampling: Any) -> None:
    text, trials = sampling
    alone = text.replace("  objectives: [failure_rate, coverage]\n", "")
    html = render(*(made := searched(alone, trials))[:1], (), made[1])
    assert "Suggestions in their order" in section(html, "search")


def test_a_search_of_words_alone_has_no_map_of_them(searched: Any, sampling: Any) -> None:
    text, trials = sampling
    start, end = text.index("    optimizer"), text.index("  objectives")
    words = text[:start] + "    family.batch_norm: [false, true]\n" + text[end:]
    tried = [replace(one, assignment={"family.batch_norm": one.number % 2 == 0}) for one in trials]
    study, results = searched(words, tried)
    html = section(render(study, (), results), "search")
    assert "Where they lie" not in html
    assert "batch norm out of off and on" in html
    assert "batch norm on" in html
