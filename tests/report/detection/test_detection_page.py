"""The page of one run: complete, in order, self-contained, and true to the ruling."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import vistab
from vistab.report.detection import Film, render_detection
from vistab.report.view import detection as told

NAMES = ("collapsing", "losing_digits", "undecided", "diverging", "healthy")
VOID_ELEMENTS = {"meta", "link", "br", "wbr"}
MEGABYTE = 1_000_000


class Outline(HTMLParser):
    """Checks nesting while reading; collects headings, ids, links and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def text(page: str) -> str:
    """What is read, tags dropped."""
    bare = re.sub(r"<style>.*?</style>|<title>.*?</title>|<[^>]+>", " ", page, flags=re.S)
    return " ".join(unescape(bare).split())


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_well_formed_with_headings_in_order(name: str, pages: dict[str, str]) -> None:
    page = outline(pages[name])
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(
        after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False)
    )
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_loads_nothing_runs_nothing_and_is_small(name: str, pages: dict[str, str]) -> None:
    page = pages[name]
    assert all(link.startswith(("#", "data:")) for link in outline(page).links)
    assert "url(http" not in page
    assert "@import" not in page
    assert "<script" not in page
    assert len(page.encode()) < MEGABYTE / 3


def test_sections_come_in_order_and_losses_only_if_there_are_any(pages: dict[str, str]) -> None:
    whole = ["timeline", "signals", "modes", "film", "losses", "method"]
    assert re.findall(r'<section id="(\w+)">', pages["collapsing"]) == whole
    assert re.findall(r'<a href="#(\w+)">', pages["collapsing"]) == whole
    whole.remove("losses")
    assert re.findall(r'<section id="(\w+)">', pages["healthy"]) == whole


@pytest.mark.parametrize(
    ("name", "shape", "start"),
    [
        ("collapsing", "refuted", "Mode collapse from round 900 on: "),
        ("undecided", "inconclusive", "Undecided, "),
        ("healthy", "supported", "Healthy from round 300 on: "),
    ],
)
def test_the_first_screen_has_the_answer_as_shape_and_words(
    name: str, shape: str, start: str, pages: dict[str, str], runs: dict[str, Any]
) -> None:
    header = pages[name].split("</header>")[0].split("<header")[1]
    assert f'<use href="#i-{shape}"/>' in header
    answer = told.answer(runs[name].detection)
    assert answer.startswith(start)
    assert " ".join(answer.split()) in text(header)


def test_facts_that_do_not_exist_are_not_shown(pages: dict[str, str]) -> None:
    def facts(name: str) -> list[str]:
        return re.findall(r"<dt>([^<]+)</dt>", pages[name].split("</header>")[0])

    assert facts("collapsing")[:3] == ["outcome", "onset", "severity, from 0 to 1"]
    assert facts("healthy")[:3] == ["outcome", "converged", "severity, from 0 to 1"]
    assert facts("undecided") == ["outcome", "read", "samples each, at least"]


def test_limits_are_told_where_there_are_any(runs: dict[str, Any]) -> None:
    one = runs["collapsing"]
    said = "512 samples cannot show the loss of 2 of 8 modes, 20% of the target"
    page = render_detection(replace(one.detection, limits=said), one.film, "run")
    assert "Limits. 512 samples cannot show" in text(page)
    none = render_detection(replace(one.detection, limits=""), one.film, "run")
    assert "Limits." not in text(none)


def test_how_to_repeat_it_and_with_what_it_was_compared_are_told_if_known(
    runs: dict[str, Any],
) -> None:
    one = runs["healthy"]
    known = text(
        render_detection(
            one.detection, one.film, "run", command="vistab detect a.npz", compared="300 samples"
        )
    )
    assert "To repeat it vistab detect a.npz" in known
    assert "Compared with 300 samples" in known
    assert f"vistab version {vistab.__version__}" in known
    assert "To repeat it" not in text(render_detection(one.detection, one.film, "run"))


def test_titles_losses_and_commands_are_text_and_never_markup(runs: dict[str, Any]) -> None:
    one, bad = runs["collapsing"], "<img src=x onerror=alert(1)>"
    page = render_detection(one.detection, one.film, bad, {bad: np.ones(40)}, bad, bad)
    assert "<img" not in page
    assert page.count("&lt;img") >= 5


def test_the_reference_stands_first_and_the_onset_is_marked(pages: dict[str, str]) -> None:
    film = pages["collapsing"].split('<ol class="film">')[1].split("</ol>")[0]
    captions = [text(one) for one in re.findall(r"<li>(.*?)</li>", film, re.S)]
    assert captions[0] == "reference"
    assert captions[1] == "50"
    assert [words for words in captions[1:] if not words.replace(",", "").isdigit()] == [
        "900 onset"
    ]
    boxes = re.findall(r"shot (f-\w+)", film)
    assert boxes == ["f-reference", *["f-before"] * 3, *["f-failing"] * 5]


def test_a_film_that_misses_the_onset_marks_the_first_frame_after_it(runs: dict[str, Any]) -> None:
    one = runs["collapsing"]
    rounds = (50, 850, 950, 2000)
    film = Film(rounds, one.film.pictures[:4], None)
    page = render_detection(one.detection, film, "run")
    captions = re.findall(r"<span>(.*?)</span></li>", page)
    assert captions == ["50", "850", "950 <b>mode collapse</b>", "2,000"]


def test_the_table_has_the_median_of_each_mode_in_each_stretch(pages: dict[str, str]) -> None:
    fold = pages["collapsing"].split("The same in numbers")[1].split("</details>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", fold, re.S)
    assert text(rows[0]) == "mode fair share before round 900 from round 900 on"
    assert text(rows[1]).startswith("1 12 % ")
    assert text(rows[1]).endswith("0 %")
    assert len(rows) == 9


def test_a_page_of_many_modes_and_snapshots_in_colour_stays_near_a_megabyte(
    runs: dict[str, Any],
) -> None:
    """Noise does not compress: no other images are larger."""
    rng = np.random.default_rng(0)
    m, t = 100, 1000
    scalars = {name: rng.uniform(0, 1, t) for name in runs["healthy"].detection.signals}
    many = replace(
        runs["collapsing"].detection,
        rounds=1000 * np.arange(t),
        signals={**scalars, "mode_shares": rng.uniform(0, 0.03, (t, m))},
        fair_shares=np.full(m, 1 / m),
        onset_round=300_000,
    )
    noise = rng.integers(0, 256, (32, 64, 64, 3)).astype(np.uint8)
    page = render_detection(many, Film(tuple(range(8)), (noise,) * 8, noise), "large")
    assert len(page.encode()) < 1.1 * MEGABYTE
