"""The pages on claims tell the truth: their examples run, and print what is shown."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from vistab.analysis.claims import KINDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OF_KINDS = [DOCS / "claims" / f"{kind}.md" for kind in KINDS]
PAGES = [DOCS / "claims.md", DOCS / "by_hand.md", *OF_KINDS]
HEADINGS = [
    "## What it asks",
    "## The estimand",
    "## The test",
    "## Why",
    "## Assumptions",
    "## What makes it void",
    "## A worked example",
]
STEP = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
SAVED = re.compile(r"Save this as `(\w+\.yaml)`:\n\n```yaml\n(.*?)```", re.DOTALL)


def name_of(page: Path) -> str:
    """What a page is called in the list of tests."""
    return page.stem


def steps_of(page: Path) -> list[tuple[str, str]]:
    """Each block of code and what it is said to print."""
    return STEP.findall(page.read_text(encoding="utf-8"))


def printed(code: str, names: dict[str, object]) -> str:
    """What a block prints, run after those whose names it finds."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return out.getvalue()


@pytest.mark.parametrize("page", [DOCS / "claims.md", *OF_KINDS], ids=name_of)
def test_examples_of_the_pages_on_claims_print_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, study in SAVED.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(study, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert [printed(code, names) for code, _ in steps_of(page)] == [
        out for _, out in steps_of(page)
    ]
    assert any(out for _, out in steps_of(page))


def test_verdicts_computed_by_hand_are_those_of_the_shipped_study(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page itself holds its results against verdicts.json."""
    monkeypatch.chdir(ROOT)
    steps, names = steps_of(DOCS / "by_hand.md"), {}
    assert [printed(code, names) for code, _ in steps] == [out for _, out in steps]
    assert sum("compare(" in code for code, _ in steps) == 4  # its definition and three claims


def test_by_hand_means_without_vistab() -> None:
    assert not any("vistab" in code for code, _ in steps_of(DOCS / "by_hand.md"))


def test_there_is_a_page_for_every_kind_and_for_nothing_else() -> None:
    assert {page.stem for page in (DOCS / "claims").glob("*.md")} == set(KINDS)


@pytest.mark.parametrize("page", OF_KINDS, ids=name_of)
def test_the_page_of_a_kind_has_every_heading_in_order(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {page.stem}: ")
    assert [line for line in lines if line.startswith("## ")] == HEADINGS
    assert f"kind: {page.stem}" in "\n".join(lines)


def test_the_index_lists_every_kind_with_its_page() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(claims/(\w+)\.md\)", PAGES[0].read_text(), re.MULTILINE)
    assert rows == [(kind, kind) for kind in KINDS]


@pytest.mark.parametrize("page", [*PAGES, DOCS / "study_file.md"], ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """To a file that is there and, where a link names one, to a heading in it."""
    links = re.findall(r"\]\(((?!https?:)[^)#]*)(?:#([\w-]+))?\)", page.read_text(encoding="utf-8"))
    for path, heading in links:
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not heading or heading in anchors(target), heading


def anchors(page: Path) -> list[str]:
    """The anchors of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-") for head in heads]
