"""Reports of searches in headless Chromium: quiet, never too wide, without barriers."""

from pathlib import Path
from typing import Any

import pytest

Browser = Any  # tests/conftest.py

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["sampled", "bisected"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_it_opens_quietly_and_never_scrolls_sideways(
    browser: Browser, page_files: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    browser.open(page_files[name], width, dark=dark)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.js("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


@pytest.mark.parametrize("name", ["sampled", "bisected"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.slow
def test_axe_finds_nothing(
    browser: Browser, page_files: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    browser.open(page_files[name], width, dark=dark)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.js("document.querySelector('#runs-table tbody button').click()")
    assert browser.barriers() == []


def test_texts_of_the_figures_stay_inside_and_apart(
    browser: Browser, page_files: dict[str, Path]
) -> None:
    """No label of a figure covers another one or leaves the section."""
    for name, path in page_files.items():
        browser.open(path, 390)
        clashes = browser.js("""(() => {
            const found = [];
            for (const figure of document.querySelectorAll('#search svg.figure')) {
                const boxes = [...figure.querySelectorAll('text')].filter(t => t.textContent)
                    .map(t => [t.textContent, t.getBoundingClientRect()]);
                boxes.forEach(([a, p], k) => {
                    if (p.left < 0 || p.right > innerWidth) found.push(a + ' leaves');
                    for (const [b, q] of boxes.slice(0, k)) {
                        const w = Math.min(p.right, q.right) - Math.max(p.left, q.left);
                        const h = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
                        if (w > 2 && h > 4) found.push(a + ' on ' + b);
                    }
                });
            }
            return found;
        })()""")
        assert clashes == [], name


def test_the_filter_by_role_keeps_the_confirm_runs(
    browser: Browser, page_files: dict[str, Path], sampled: Any
) -> None:
    browser.open(page_files["sampled"], 1280)
    browser.js("""(() => { const box = document.querySelector('[data-filter=role]');
        box.value = 'confirm'; box.dispatchEvent(new Event('change')); })()""")
    count = browser.js("document.getElementById('runs-count').textContent")
    assert count == f"18 of {len(sampled[1].runs)} runs"
    first = browser.js("document.querySelector('#runs-table tbody button').textContent")
    assert first == "search.baseline-r000"


def test_a_card_leads_to_its_confirm_runs(browser: Browser, page_files: dict[str, Path]) -> None:
    browser.open(page_files["sampled"], 1280)
    browser.js("document.querySelector('#claim-best a[data-claim]').click()")
    count = browser.js("document.getElementById('runs-count').textContent")
    assert count == "18 of 50 runs"
