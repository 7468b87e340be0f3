"""The worked example of docs/claims.md runs as printed."""

from __future__ import annotations

import re
from pathlib import Path

from vistab.analysis.claims import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")


def test_the_worked_example_holds() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_every_kind_has_a_section() -> None:
    assert {f"### {kind}" for kind in KINDS} <= set(PAGE.splitlines())
