"""docs/search.md tells the truth: its examples are loaded and planned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vistab.spec.search import SEARCHES

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_planned(plan, example: str) -> None:
    """No example has a problem, and each makes runs of both roles."""
    body = example.partition("family: {kind: gan, generator_steps: 2}\n")[2] or example
    assert {run.role for run in plan(body).runs} == {"confirm", "explore"}


def test_every_kind_of_search_is_named() -> None:
    assert all(f"`{kind}`" in PAGE for kind in SEARCHES)
