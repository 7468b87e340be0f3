"""Which control a verdict's own numbers are about, and what they are the difference of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vistab.analysis.verdict import Verdict


def control_rows(verdict: Verdict) -> list[dict[str, Any]]:
    """The entries of `details.controls`: one a control, one for kinds without several."""
    return list(verdict.details.get("controls") or [])


def shown_control(verdict: Verdict) -> Mapping[str, Any]:
    """The entry of the control that the verdict's own numbers are about; {} where nothing is."""
    rows = [row for row in control_rows(verdict) if row.get("by_replicate")]
    numbers = (verdict.effect, None if verdict.interval is None else list(verdict.interval))
    same = (row for row in rows if (row.get("effect"), row.get("interval")) == numbers)
    return next(same, next(iter(rows), {}))


def compared(verdict: Verdict) -> tuple[float, float] | None:
    """The two numbers that the sentence tells and whose difference the effect is, if there are."""
    row = shown_control(verdict)
    sides = row.get("treatment_mean"), row.get("control_mean")
    effects = verdict.details.get("effects") if verdict.kind == "interaction" else None
    first, second = sides if None not in sides else effects or (None, None)
    return None if first is None or second is None else (float(first), float(second))
