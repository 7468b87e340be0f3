"""What a ruling says of a run."""

from __future__ import annotations

from dataclasses import dataclass

from vistab.spec.outcomes import Outcome


@dataclass(frozen=True)
class Ruling:
    """What became of a run. Rounds are those of snapshots; severity is in [0, 1].

    onset_round: first snapshot of the lasting failure; None if healthy or stalled.
    converged_round: first snapshot of the lasting health; None if failed, or healthy too briefly.
    """

    outcome: Outcome
    onset_round: int | None
    converged_round: int | None
    severity: float
    evidence: str
