"""A report of images in headless Chromium: never too wide, one slider, no barriers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vistab.report import render

pytestmark = pytest.mark.browser

Browser = Any  # tests/conftest.py

SLIDE = """(() => { const slider = document.querySelector('.slider input');
    slider.value = 3; slider.dispatchEvent(new Event('input')); })()"""
FRAME = "document.querySelector('#strips .frames li:not([hidden]) image').getBoundingClientRect()"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, faces: tuple[Any, Any]) -> Path:
    """The report as a file."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(faces[0], (), faces[1]), encoding="utf-8")
    return path


@pytest.mark.parametrize("slid", [False, True])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_it_opens_quietly_and_never_scrolls_sideways(
    browser: Browser, page: Path, width: int, slid: bool
) -> None:
    browser.open(page, width)
    if slid:
        browser.js(SLIDE)
    assert browser.js("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


def test_each_pixel_of_an_image_has_one_of_a_wide_screen(browser: Browser, page: Path) -> None:
    """Four images of 64 pixels and the gaps between them: 259."""
    browser.open(page, 1280)
    assert browser.js(f"{FRAME}.width") >= 259
    assert browser.js(
        "getComputedStyle(document.querySelector('#strips image')).imageRendering"
    ) == ("auto")


def test_one_slider_moves_all_strips_and_enlarges_them(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    shown = "[...document.querySelectorAll('#strips .frames li')].filter(f => !f.hidden).length"
    strips = browser.js("document.querySelectorAll('#strips .frames').length")
    before = browser.js(f"{FRAME}.width")
    assert browser.js(shown) == 8 * strips
    browser.js(SLIDE)
    assert browser.js(shown) == strips
    assert browser.js(f"{FRAME}.width") > 1.5 * before
    told = browser.js("document.querySelector('.slider output').textContent")
    assert told.startswith("round ")
    assert browser.js("document.querySelector('.slider input').getAttribute('aria-valuetext')") == (
        told
    )
    loaded = "[...document.querySelectorAll('#strips image')].map(i => i.href.baseVal.slice(0, 10))"
    assert set(browser.js(loaded)) == {"data:image"}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.slow
def test_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    browser.js(SLIDE)
    assert browser.barriers() == []
