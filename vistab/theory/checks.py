"""All the checks, by section."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from vistab.theory import aae, ali, ali_losses, em, gan, joints, regularizer, small_steps, vae
from vistab.theory.check import Check

SECTIONS: tuple[ModuleType, ...] = (
    *(joints, vae, em),
    *(gan, small_steps, regularizer),
    *(aae, ali, ali_losses),
)
"""Each has its title and setting in its docstring, and its checks in CHECKS."""


def run_checks() -> Mapping[ModuleType, tuple[Check, ...]]:
    """Run all the checks, by section; about a second in all."""
    return {section: tuple(check() for check in section.CHECKS) for section in SECTIONS}
