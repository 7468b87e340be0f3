"""From what was asked to what is to be learned: one line a kind of target."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vistab.targets.base import Target
from vistab.targets.digits import digits
from vistab.targets.mixtures import grid, mixture, ring

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.base import Spec

TARGETS: dict[str, Callable[[Any], Target]] = {
    "ring": ring,
    "grid": grid,
    "mixture": mixture,
    "digits": digits,
}
"""Kind -> builder; the twin of `vistab.spec.targets.TARGETS`, which says what each kind accepts."""


def make_target(spec: Spec) -> Target:
    """Build the target that a spec model of `vistab.spec.targets` asks for."""
    kind: str = getattr(spec, "kind")  # noqa: B009  every target's spec has one; Spec does not say so
    return TARGETS[kind](spec)
