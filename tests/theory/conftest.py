"""What the checks give, run once."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import pytest

from vistab.theory.check import Check
from vistab.theory.checks import run_checks


@pytest.fixture(scope="session")
def sections() -> Mapping[ModuleType, tuple[Check, ...]]:
    """All the checks' results, by section."""
    return run_checks()
