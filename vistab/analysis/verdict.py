"""What the judge says of one claim."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

VerdictWord = Literal["supported", "refuted", "inconclusive", "void"]


@dataclass(frozen=True)
class Verdict:
    """One claim's ruling: a record of verdicts.json. All numbers in the report's text come from here.

    `effect` and `interval` are on the claim's own scale (`unit`); `details` holds plain JSON values
    that a kind's figure and fold need (means of both sides, per-replicate effects, test, assumptions).
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
