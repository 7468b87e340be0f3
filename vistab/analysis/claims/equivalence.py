"""equivalence: the difference between treatment and control is too small to matter."""

from __future__ import annotations

from vistab.analysis.claims.base import REPLICATES, Kind
from vistab.analysis.claims.rate import gather
from vistab.spec.claims import EquivalenceClaim


def unit(claim: EquivalenceClaim) -> str:
    """Of the difference."""
    return claim.metric or "share of runs"


EQUIVALENCE = Kind(
    gather,
    unit,
    "betting interval for the mean difference, which must lie within the margin; no p",
    (
        *REPLICATES,
        "The measure has known bounds; nothing else is assumed of it.",
        "The interval has level 1 - alpha: stricter than two one-sided tests at alpha ask for.",
        "Intervals are not adjusted for the study's other claims.",
    ),
)
