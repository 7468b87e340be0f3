"""What the judge says of one claim."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

VerdictWord = Literal["supported", "refuted", "inconclusive", "void"]


@dataclass(frozen=True)
class Verdict:
    """One claim's ruling: a record of verdicts.json, where the report's text has its numbers.

    `effect` and `interval` are on the claim's own scale (`unit`), the interval unadjusted for
    other claims; of several controls, those against the least favourable. `p` is the claim's own,
    `p_holm` corrected for the study's other claims. `replicates_needed` says what would settle an
    inconclusive claim (None: no number would). `details` holds plain JSON values that a kind's
    figure and fold need (means of both sides, per-replicate effects, test, assumptions).
    """

    id: str
    kind: str
    says: str
    verdict: VerdictWord
    effect: float | None
    interval: tuple[float, float] | None
    unit: str
    p: float | None
    p_holm: float | None
    margin: float
    expect: str | None
    n_replicates: int
    n_cells: int
    n_cells_left_out: int
    n_runs: int
    sentence: str
    reason: str | None = None
    replicates_needed: int | None = None
    post_hoc: bool = False
    source: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def to_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain JSON values; what is not finite becomes null."""
    record: dict[str, Any] = plain(asdict(verdict))
    return record


def from_record(record: Mapping[str, Any]) -> Verdict:
    """The verdict that `to_record` wrote."""
    interval = record["interval"]
    return Verdict(**{**record, "interval": None if interval is None else tuple(interval)})


def plain(value: Any) -> Any:
    """Lists, dicts with text keys, text, booleans, finite numbers and None alone."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
