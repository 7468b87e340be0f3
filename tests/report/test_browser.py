"""The report in headless Chromium: quiet, never too wide, sortable, printable, without scripts."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

Browser = Any  # tests/conftest.py

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, html: str) -> Path:
    """The report as a file."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 768, 1280, 1600])
def test_it_opens_quietly_and_never_scrolls_sideways(
    browser: Browser, page: Path, width: int, dark: bool
) -> None:
    browser.open(page, width, dark=dark)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.js("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.slow
def test_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.js("document.querySelector('#runs-table tbody button').click()")
    assert browser.barriers() == []


def test_dark_and_light_differ(browser: Browser, page: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for dark in (False, True):
        browser.open(page, 1280, dark=dark)
        seen.append(browser.js(colour))
    assert seen[0] == "rgb(255, 255, 255)" != seen[1]


def test_the_filter_by_outcome_keeps_only_that_outcome(
    browser: Browser, page: Path, results: Any
) -> None:
    browser.open(page, 1280)
    browser.js("""(() => { const box = document.querySelector('[data-filter=outcome]');
        box.value = 'stalled'; box.dispatchEvent(new Event('change')); })()""")
    expected = int((results.runs["outcome"] == "stalled").sum())
    assert browser.js("document.getElementById('runs-count').textContent") == (
        f"{expected} of {len(results.runs)} runs"
    )
    cells = (
        "[...document.querySelectorAll('#runs-table tbody tr')].map(r => r.cells[1].textContent)"
    )
    assert set(browser.js(cells)) == {"stalled"}


def test_the_search_finds_a_run_by_its_id(browser: Browser, page: Path, results: Any) -> None:
    wanted = results.runs["run_id"].iloc[17]
    browser.open(page, 1280)
    browser.js(f"""(() => {{ const box = document.querySelector('[data-filter=search]');
        box.value = {json.dumps(wanted)}; box.dispatchEvent(new Event('input')); }})()""")
    rows = "[...document.querySelectorAll('#runs-table tbody tr')].map(r => r.cells[0].textContent)"
    assert browser.js(rows) == [wanted]


def test_sorting_orders_rows_and_turns_on_the_second_click(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    click = "document.querySelector('th[data-name=severity] button').click()"
    column = (
        "[...document.querySelectorAll('#runs-table tbody tr')]"
        ".map(r => parseFloat(r.cells[r.cells.length - 1].textContent))"
    )
    browser.js(click)
    rising = browser.js(column)
    browser.js(click)
    falling = browser.js(column)
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert falling[0] > rising[0]
    sort = "document.querySelector('th[data-name=severity]').getAttribute('aria-sort')"
    assert browser.js(sort) == "descending"


def test_a_run_opens_its_evidence_curves_and_strip(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    browser.js("document.querySelector('#runs-table tbody button').click()")
    drawer = "document.querySelector('tr.drawer')"
    assert "Evidence." in browser.js(f"{drawer}.textContent")
    assert browser.js(f"{drawer}.querySelectorAll('figure').length") >= 4
    assert browser.js(f"{drawer}.querySelectorAll('.frames li').length") == 8
    browser.js("document.querySelector('#runs-table tbody button').click()")
    assert browser.js(f"{drawer} === null")


def test_a_card_leads_to_the_runs_behind_it(browser: Browser, page: Path, results: Any) -> None:
    browser.open(page, 1280)
    browser.js("document.querySelector('#claim-rate a[data-claim]').click()")
    count = browser.js("document.getElementById('runs-count').textContent")
    assert count == f"48 of {len(results.runs)} runs"


def test_the_round_slider_leaves_one_frame_of_each_strip(browser: Browser, page: Path) -> None:
    browser.open(page, 390)
    shown = "[...document.querySelectorAll('#strips .frames li')].filter(f => !f.hidden).length"
    strips = browser.js("document.querySelectorAll('#strips .frames').length")
    assert browser.js(shown) == 8 * strips
    browser.js("""(() => { const slider = document.querySelector('.slider input');
        slider.value = 3; slider.dispatchEvent(new Event('input')); })()""")
    assert browser.js(shown) == strips


def test_it_reads_with_scripts_off(browser: Browser, page: Path, results: Any) -> None:
    browser.open(page, 390, scripts=False)
    height = browser.call("Page.getLayoutMetrics")["cssContentSize"]["height"]
    tree = browser.call("DOM.getDocument")["root"]["nodeId"]
    found = browser.call("DOM.querySelectorAll", nodeId=tree, selector="noscript tbody tr")
    app = browser.call("DOM.querySelectorAll", nodeId=tree, selector="#runs-app[hidden]")
    assert len(found["nodeIds"]) == len(results.runs)
    assert len(app["nodeIds"]) == 1
    assert height > 5000
    assert browser.call("Page.getLayoutMetrics")["cssContentSize"]["width"] <= 390


def test_it_prints_with_folds_open(browser: Browser, page: Path) -> None:
    browser.open(page, 1280, dark=True)
    closed = len(base64.b64decode(browser.call("Page.printToPDF")["data"]))
    browser.js("document.querySelectorAll('details').forEach(d => d.remove())")
    without = len(base64.b64decode(browser.call("Page.printToPDF")["data"]))
    assert closed > without * 1.05


def test_ten_thousand_runs_filter_in_an_instant(
    browser: Browser, tmp_path: Path, html: str
) -> None:
    """The payload of a report repeated to 10,000 runs: a keystroke takes well under a second."""
    start = html.index('id="runs-data">') + len('id="runs-data">')
    end = html.index("</script>", start)
    data = json.loads(html[start:end])
    times = 10_000 // len(data["replicate"]) + 1
    for key in ("replicate", "onset", "converged", "severity", "coverage"):
        data[key] *= times
    for coded in [
        *data["axes"],
        *(data[k] for k in ("arm_id", "arm", "ended", "evidence", "error")),
    ]:
        coded["index"] *= times
    data["curves"] = data["strips"] = None
    path = tmp_path / "many.html"
    path.write_text(html[:start] + json.dumps(data) + html[end:], encoding="utf-8")
    browser.open(path, 1280)
    spent = browser.js("""(() => { const box = document.querySelector('[data-filter=search]');
        const start = performance.now(); box.value = 'stalled';
        box.dispatchEvent(new Event('input'));
        document.querySelector('th[data-name=severity] button').click();
        return performance.now() - start; })()""")
    assert browser.complaints() == []
    assert spent < 1000
