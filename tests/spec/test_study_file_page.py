"""docs/study_file.md tells the truth: its examples are loaded and planned."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vistab.errors import Problem
from vistab.plan import make_plan
from vistab.plan.cells import comparisons
from vistab.spec.claims import CLAIMS
from vistab.spec.study import Study

PAGE = (Path(__file__).parents[2] / "docs" / "study_file.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split()[1])
def test_every_example_can_be_planned(load: Callable[..., Study], example: str) -> None:
    """No example has a problem, and each makes runs."""
    assert make_plan(load(example)).runs


def test_the_cells_of_the_example_are_as_described(load: Callable[..., Study]) -> None:
    """C7 has a cell for each replicate and learning rate."""
    plan = make_plan(load(EXAMPLES[0]))
    (rivals,) = comparisons(plan, plan.study.claims[1])
    assert rivals.columns == ("optimizer.learning_rate",)
    assert (len(rivals.cells), rivals.left_out) == (24, 0)


def test_the_table_lists_every_kind_of_claim() -> None:
    """No kind is missing, none is promised that does not exist."""
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == set(CLAIMS)


def test_the_messages_are_shown_as_they_are(
    problems: Callable[..., tuple[Problem, ...]],
) -> None:
    """The two lines under 'When something is wrong' come out of the loader."""
    text = (
        "study: s\ntarget: {kind: ring}\nfamily: {kind: gan, batch_nrom: true}\n"
        "axes:\n  optimizer.learning_rate: [1e-3, 0.001]\n"
    )
    for problem in problems(text):
        assert str(problem).rpartition("/")[2] in PAGE
