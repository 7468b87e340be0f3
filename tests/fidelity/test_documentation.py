"""The page on evidence for images tells the truth."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vistab.spec.load import load_study
from vistab.spec.metrics import FIDELITY_METRICS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "evidence.md").read_text(encoding="utf-8")


def test_its_code_prints_what_is_shown() -> None:
    ((code, shown),) = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    lines, expected = printed.getvalue().splitlines(), shown.splitlines()
    assert [line.split()[:4] for line in lines] == [line.split()[:4] for line in expected]
    for line, other in zip(lines, expected, strict=True):
        assert float(line.split()[-1]) == pytest.approx(float(other.split()[-1]), abs=0.011)


def test_its_study_is_sound(write: Callable[[str], Path]) -> None:
    study = re.search(r"```yaml\n(study: .*?)```", PAGE, re.DOTALL)
    assert study is not None
    assert load_study(write(study[1])).evidence is not None


def test_every_measure_has_a_row_that_says_which_way_it_improves() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (higher|lower) \| .* \|$", PAGE, re.MULTILINE)
    assert dict(rows) == {name: metric.better for name, metric in FIDELITY_METRICS.items()}


def test_its_links_lead_somewhere() -> None:
    for path in re.findall(r"\]\(((?!https?:)[^)#]+)", PAGE):
        assert (DOCS / path).exists()
