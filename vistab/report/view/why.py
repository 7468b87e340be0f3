"""Why: displacement against coverage for rival arms, and the training signals of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from vistab.analysis.claims.base import run_ids_of
from vistab.analysis.verdict import Verdict
from vistab.plan.cells import Comparison, comparisons
from vistab.plan.model import Plan
from vistab.report.view.happened import CurvePanel, Series, curves
from vistab.report.view.signals import Signal, signals_of
from vistab.report.words import assignment_name, value_name
from vistab.spec.selection import controls

MOVES = {"aae": "encoder"}
"""Whose displacement is recorded, where it is not the generator's."""


@dataclass(frozen=True)
class Group:
    """The runs of one side: x mean displacement per round, y coverage at the end, a point a run."""

    label: str
    side: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def middle(self) -> tuple[float, float]:
        """The median in both directions."""
        return median(self.x), median(self.y)


@dataclass(frozen=True)
class WhyView:
    """Displacement against coverage (if recorded) and the signals, for the sides of one claim.

    mover: the network whose displacement it is.
    """

    claim_id: str
    says: str
    mover: str
    groups: tuple[Group, ...]
    signals: tuple[CurvePanel, ...]


@dataclass(frozen=True)
class _Side:
    label: str
    side: str
    run_ids: tuple[str, ...]


def why_view(
    plan: Plan, verdicts: Sequence[Verdict], runs: pd.DataFrame, history: pd.DataFrame
) -> WhyView | None:
    """Built on the claim with most controls (the rival explanation), else the first comparison."""
    study = plan.study
    candidates = [claim for claim in study.claims if hasattr(claim, "treatment")]
    judged = {verdict.id for verdict in verdicts}
    candidates = [claim for claim in candidates if claim.id in judged]
    if not candidates or history.empty:
        return None
    claim: Any = max(candidates, key=lambda c: len(controls(c)))
    sides = _sides(claim, comparisons(plan, claim))
    groups = tuple(group for side in sides if (group := _group(side, runs, history)))
    signals = tuple(
        panel
        for signal in signals_of(study.family.kind)
        if (panel := _panel(signal, sides, history))
    )
    mover = MOVES.get(study.family.kind, "generator")
    return WhyView(claim.id, claim.says, mover, groups, signals) if groups or signals else None


def selector_name(selector: dict[str, Any]) -> str:
    """A claim's partial assignment in words: the arm's name, or its values."""
    return value_name(selector["arm"]) if "arm" in selector else assignment_name(selector)


def _sides(claim: Any, found: Sequence[Comparison]) -> list[_Side]:
    treated = tuple(run_ids_of(found[0], "treatment"))
    sides = [_Side(selector_name(claim.treatment), "treatment", treated)]
    for k, (control, comparison) in enumerate(zip(controls(claim), found, strict=True)):
        name = "control" if len(found) == 1 else f"control{k}"
        sides.append(_Side(selector_name(control), name, tuple(run_ids_of(comparison, "control"))))
    return sides


def _group(side: _Side, runs: pd.DataFrame, history: pd.DataFrame) -> Group | None:
    if "displacement" not in history or "final_coverage" not in runs:
        return None
    own = history[history["run_id"].isin(side.run_ids)]
    moved = own.groupby("run_id")["displacement"].mean()
    covered = runs.set_index("run_id")["final_coverage"].reindex(moved.index)
    known = np.isfinite(moved.to_numpy(dtype=float)) & np.isfinite(covered.to_numpy(dtype=float))
    if not known.any():
        return None
    return Group(side.label, side.side, tuple(moved[known]), tuple(covered[known]))


def _panel(signal: Signal, sides: Sequence[_Side], history: pd.DataFrame) -> CurvePanel | None:
    if signal.column not in history:
        return None
    series = []
    for side in sides:
        rounds, values = curves(history, side.run_ids, signal.column)
        if (np.isfinite(values) & ((values > 0) | (not signal.log))).any():
            series.append(Series(side.label, side.side, rounds, values))
    return CurvePanel(signal.title, tuple(series), signal.log) if series else None
