"""The page of one run in headless Chromium: quiet, never too wide, without barriers."""

from pathlib import Path
from typing import Any

import pytest

Browser = Any  # tests/conftest.py

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, pages: dict[str, str]) -> dict[str, Path]:
    """The pages as files."""
    folder = tmp_path_factory.mktemp("pages")
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280, 1600])
def test_they_open_quietly_and_never_scroll_sideways(
    browser: Browser, files: dict[str, Path], width: int, dark: bool
) -> None:
    for path in files.values():
        browser.open(path, width, dark=dark)
        browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.js("document.documentElement.scrollWidth") <= width
        assert browser.complaints() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.slow
def test_axe_finds_nothing(
    browser: Browser, files: dict[str, Path], width: int, dark: bool
) -> None:
    for path in files.values():
        browser.open(path, width, dark=dark)
        browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.barriers() == []


def test_the_timelines_text_keeps_its_size_on_a_phone(
    browser: Browser, files: dict[str, Path]
) -> None:
    height = "document.querySelector('#timeline text').getBoundingClientRect().height"
    seen = []
    for width in (390, 1280):
        browser.open(files["collapsing"], width)
        seen.append(browser.js(height))
    assert seen[0] == pytest.approx(seen[1], abs=0.5)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_two_labels_of_a_figure_overlap(
    browser: Browser, files: dict[str, Path], width: int
) -> None:
    """Texts of the timeline, the signals and the losses; those of different figures too."""
    overlaps = """(() => {
        const found = [];
        for (const figure of document.querySelectorAll('svg.figure')) {
            const texts = [...figure.querySelectorAll('text')].map(t => [t.textContent,
                t.getBoundingClientRect()]);
            texts.forEach(([a, r], i) => texts.slice(i + 1).forEach(([b, s]) => {
                const wide = Math.min(r.right, s.right) - Math.max(r.left, s.left);
                const tall = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
                if (wide > 1 && tall > 4) found.push(a + ' | ' + b);
            }));
        }
        return found; })()"""
    for name, path in files.items():
        browser.open(path, width)
        assert (name, browser.js(overlaps)) == (name, [])


def test_they_read_with_scripts_off(browser: Browser, files: dict[str, Path]) -> None:
    browser.open(files["collapsing"], 390, scripts=False)
    size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
    assert size["height"] > 3000
    assert size["width"] <= 390
