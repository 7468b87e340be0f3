"""What is kept of a pack: a history row per run and snapshot, film strips, rulings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor

from vistab.collapse.detector import Ruling, rule
from vistab.collapse.signals import measure
from vistab.plan.model import Pack
from vistab.results.record import METRICS, PackRecord
from vistab.targets.base import KnownModes

STRIP_SNAPSHOTS = 8
STRIP_SAMPLES = 200
SHARES = "mode_shares"
Array = npt.NDArray[np.generic]


def snapshot_rounds(rounds: int, snapshots: int) -> list[int]:
    """Evenly spaced rounds, counted from 1, the last one included."""
    return [rounds * (i + 1) // snapshots for i in range(snapshots)]


def strip_rounds(snapshots: Sequence[int]) -> list[int]:
    """Up to 8 evenly spaced snapshots, the first and the last included: the film strip."""
    picked = np.linspace(0, len(snapshots) - 1, min(STRIP_SNAPSHOTS, len(snapshots)))
    return [snapshots[int(i)] for i in picked.round()]


@dataclass
class Evidence:
    """All that has been measured so far.

    rounds: of the T snapshots. columns: by history column, an array [K] (mode shares [K, m]) a
    snapshot. strip: by round, samples [K, 200, d] in float16.
    """

    rounds: list[int] = field(default_factory=list)
    columns: dict[str, list[Array]] = field(default_factory=dict)
    strip: dict[int, Array] = field(default_factory=dict)

    @property
    def last_round(self) -> int:
        """The round of the last snapshot, 0 before the first."""
        return self.rounds[-1] if self.rounds else 0

    def add(
        self, number: int, columns: Mapping[str, Tensor], samples: Tensor, modes: KnownModes
    ) -> None:
        """Measure one snapshot: evidence of the round, [K] each, and samples [K, n, d]."""
        self.rounds.append(number)
        x = samples.cpu().numpy()
        kept = {name: column.cpu().numpy() for name, column in columns.items()}
        for name, values in (kept | measure(x, modes)).items():
            self.columns.setdefault(name, []).append(values.astype(np.float32))

    def keep_strip(self, number: int, samples: Tensor) -> None:
        """Keep the first samples of every run for the film strips."""
        self.strip[number] = samples[:, :STRIP_SAMPLES].cpu().numpy().astype(np.float16)

    def stacked(self) -> dict[str, Array]:
        """Each column as one array [K, T] (mode shares [K, T, m])."""
        return {name: np.stack(values, axis=1) for name, values in self.columns.items()}


def record(
    pack: Pack, evidence: Evidence, modes: KnownModes, *, seconds: float, device: str
) -> PackRecord:
    """The finished pack's record: every run ruled on, metrics at the end and at their best."""
    columns, rounds = evidence.stacked(), np.array(evidence.rounds)
    common = {"rounds": evidence.rounds[-1], "seconds": seconds / len(pack.runs), "device": device}
    rows = []
    for k, run in enumerate(pack.runs):
        own = {name: values[k] for name, values in columns.items()}
        ruling = rule(rounds, own, modes)
        rows.append({"run_id": run.run_id} | _ruled(ruling) | _metrics(own) | common)
    return PackRecord(
        pack_id=pack.pack_id,
        runs=pd.DataFrame(rows).astype({"onset_round": "Int64", "converged_round": "Int64"}),
        history=_history(pack, evidence.rounds, columns),
        samples=_strips(pack, evidence.strip),
    )


def _ruled(ruling: Ruling) -> dict[str, object]:
    return {
        "status": "finished",
        "outcome": ruling.outcome,
        "onset_round": ruling.onset_round,
        "converged_round": ruling.converged_round,
        "severity": ruling.severity,
        "evidence": ruling.evidence,
    }


def _metrics(columns: Mapping[str, Array]) -> dict[str, float]:
    """Of each metric the last value and the best: the largest, NaN if none is finite."""
    final = {f"final_{name}": float(columns[name][-1]) for name in METRICS}
    return final | {f"best_{name}": float(np.fmax.reduce(columns[name])) for name in METRICS}


def _history(pack: Pack, rounds: Sequence[int], columns: Mapping[str, Array]) -> pd.DataFrame:
    """A row per run and snapshot, run by run."""
    flat = {name: values.reshape(-1) for name, values in columns.items() if name != SHARES}
    shares = columns[SHARES].reshape(-1, columns[SHARES].shape[-1])
    return pd.DataFrame(
        {
            "run_id": np.repeat([run.run_id for run in pack.runs], len(rounds)),
            "round": np.tile(np.asarray(rounds, dtype=np.int32), len(pack.runs)),
            **flat,
            SHARES: list(shares),
        }
    )


def _strips(pack: Pack, strip: Mapping[int, Array]) -> dict[str, Array]:
    """The rounds [T] and, by run, samples [T, 200, d] from the same latents."""
    stacked = np.stack(list(strip.values()), axis=1)
    strips: dict[str, Array] = {"rounds": np.array(list(strip), dtype=np.int32)}
    return strips | {run.run_id: stacked[k] for k, run in enumerate(pack.runs)}
