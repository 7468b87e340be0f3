from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vistab.plan import make_plan
from vistab.plan.model import Plan
from vistab.spec.load import load_study


@pytest.fixture
def plan(write: Callable[[str], Path]) -> Callable[[str], Plan]:
    """The plan of a ring and a GAN plus the given text; `.text` is that study's text."""

    def text_of(rest: str) -> str:
        return f"study: small\ntarget: {{kind: ring}}\nfamily: {{kind: gan}}\n{rest}\n"

    def planned(rest: str) -> Plan:
        return make_plan(load_study(write(text_of(rest))))

    planned.text = text_of  # type: ignore[attr-defined]
    return planned
