"""Rounds and epochs: how many rounds it takes to have seen as many images as there are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vistab.plan.model import Plan
from vistab.report.view.images import data_size
from vistab.report.words import assignment_name, number
from vistab.spec.axes import get

STEPS = ("discriminator_steps", "steps")
"""Fields of families that say how many batches of data a round takes."""

SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Epochs:
    """Rounds in an epoch, by the axes it depends on: batches in a round, and images in a batch."""

    rounds: Mapping[tuple[int, int], float]
    axes: tuple[str, str]

    @property
    def note(self) -> str:
        """`1 epoch = 28 rounds`, where that holds for all runs; else nothing."""
        (rounds, *more) = self.rounds.values()
        if more:
            return ""
        one, other = ("epoch", "round") if rounds >= 1 else ("round", "epoch")
        many = number(max(rounds, 1 / rounds), 2)
        return f"1{SPACE}{one} = {many}{SPACE}{other}{'' if many == '1' else 's'}"

    @property
    def told(self) -> str:
        """The same where arms differ: `28 rounds with discriminator steps 1; 14 with ... 2`."""
        if len(self.rounds) == 1:
            return ""
        varied = [
            axis for k, axis in enumerate(self.axes) if len({at[k] for at in self.rounds}) > 1
        ]
        return "; ".join(
            f"{number(rounds, 2)} rounds with {self._at(at, varied)}"
            for at, rounds in self.rounds.items()
        )

    def _at(self, values: tuple[int, int], varied: list[str]) -> str:
        at = dict(zip(self.axes, values, strict=True))
        return assignment_name({axis: at[axis] for axis in varied})


def epochs_of(plan: Plan, provenance: Mapping[str, Any]) -> Epochs | None:
    """Of a study of images; None where the number of data is not known, or means nothing."""
    size = data_size(plan.study.target, provenance)
    steps = next((name for name in STEPS if hasattr(plan.study.family, name)), None)
    if size is None or steps is None:
        return None
    axes = (f"family.{steps}", "budget.batch_size")
    seen = sorted({(get(arm.settings, axes[0]), get(arm.settings, axes[1])) for arm in plan.arms})
    return Epochs({at: size / (at[0] * at[1]) for at in seen}, axes)
