"""What the judge says of one claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vistab.results.numbers import plain as plain

VerdictWord = Literal["supported", "refuted", "inconclusive", "void"]


@dataclass(frozen=True)
class Verdict:
    """One claim's ruling: a record of verdicts.json, where the report's text has its numbers.

    `effect` and `interval` are on the claim's own scale (`unit`), the interval unadjusted for
    other claims; of several controls, those against the least favourable (of those that refute, if
    it is refuted). `p` is the claim's own,
    `p_holm` corrected for the study's other claims. `replicates_needed` says what would settle an
    inconclusive claim (None: no number would), `settles_as` how. `error`: the judge itself failed
    on the claim, which is void. `details` holds plain JSON values that a kind's
    figure and fold need (means of both sides, per-replicate effects, test, assumptions).

    Numbers are held as they are written (`vistab.results.numbers`), so that a verdict is the same
    whether it was just made or read back.
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
    settles_as: VerdictWord | None = None
    post_hoc: bool = False
    source: str | None = None
    error: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("effect", "p", "p_holm", "margin", "details"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        if self.interval is not None:
            low, high = plain(self.interval)
            object.__setattr__(self, "interval", (low, high))


def to_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain JSON values; what is not finite is null."""
    record: dict[str, Any] = plain(asdict(verdict))
    return record


def from_record(record: Mapping[str, Any]) -> Verdict:
    """The verdict that `to_record` wrote."""
    interval = record["interval"]
    return Verdict(**{**record, "interval": None if interval is None else tuple(interval)})
