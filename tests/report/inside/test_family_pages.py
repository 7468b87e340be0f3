"""The page of every family in headless Chromium, at a phone's and at a desk's width."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vistab.report import render

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["em", "vae", "aae", "ali"])
def file(
    request: pytest.FixtureRequest,
    make_made: Callable[..., tuple[Any, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The report of each family in turn, as a file."""
    study, results = make_made(request.param, "ring", replicates=2, snapshots=6)
    path: Path = tmp_path_factory.mktemp("family") / f"{request.param}.html"
    path.write_text(render(study, (), results), encoding="utf-8")
    return path


def opened(browser: Any, file: Path, width: int) -> None:
    """The page with all its folds and the drawer of its first run open."""
    browser.open(file, width)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.js("document.querySelector('#runs-table tbody button').click()")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_familys_page_opens_quietly_and_never_scrolls_sideways(
    browser: Any, file: Path, width: int
) -> None:
    opened(browser, file, width)
    assert browser.js("document.querySelectorAll('#inside figure').length") > 3
    assert browser.js("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [pytest.param(390, marks=pytest.mark.slow), 1280])
def test_axe_finds_nothing_in_a_familys_page(browser: Any, file: Path, width: int) -> None:
    opened(browser, file, width)
    assert browser.barriers() == []
