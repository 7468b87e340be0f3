"""What is kept of a pack: a history row per run and snapshot, pictures, rulings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor

from vistab.collapse.calibration import calibrate
from vistab.collapse.detector import THRESHOLDS, Ruling, rule
from vistab.collapse.latent import measure_latent
from vistab.families.base import Input, Observation
from vistab.plan.model import Pack
from vistab.results.record import PackRecord
from vistab.spec.metrics import SIGNAL_METRICS, Metric, measured
from vistab.targets.base import Modes
from vistab.training.conditions import Stretches, columns_of
from vistab.training.measuring import Yardstick
from vistab.training.pictures import Pictures

Array = npt.NDArray[np.floating]


def snapshot_rounds(rounds: int, snapshots: int) -> list[int]:
    """Evenly spaced rounds, counted from 1, the last one included."""
    return [rounds * (i + 1) // snapshots for i in range(snapshots)]


@dataclass
class Evidence:
    """All that has been measured so far.

    rounds: of the T snapshots. columns: by history column, an array [K] or [K, m] a snapshot.
    stretches: under what conditions it was trained.
    """

    rounds: list[int] = field(default_factory=list)
    columns: dict[str, list[Array]] = field(default_factory=dict)
    pictures: Pictures = field(default_factory=Pictures)
    stretches: Stretches = field(default_factory=list)

    @property
    def last_round(self) -> int:
        """The round of the last snapshot, 0 before the first."""
        return self.rounds[-1] if self.rounds else 0

    def add(self, number: int, columns: Mapping[str, Array]) -> None:
        """Add the columns of one snapshot."""
        self.rounds.append(number)
        with np.errstate(over="ignore"):
            for name, values in columns.items():
                self.columns.setdefault(name, []).append(values.astype(np.float32))

    def stacked(self) -> dict[str, Array]:
        """Each column as one array [K, T] or [K, T, m]."""
        return {name: np.stack(values, axis=1) for name, values in self.columns.items()}


def measure_all(
    columns: Mapping[str, Tensor],
    samples: Tensor,
    shown: Observation,
    watched: Mapping[Input, Tensor],
    yardstick: Yardstick,
) -> dict[str, Array]:
    """All columns of one snapshot: evidence of the round and its samples, what a family shows."""
    evidence = {name: _array(column) for name, column in {**columns, **shown.evidence}.items()}
    evidence |= yardstick.measure(_array(samples))
    pictures = {name: _array(picture) for name, picture in shown.pictures.items()}
    originals, latents = _array(watched["data"]), _array(watched["latents"])
    rms = yardstick.target.rms
    return evidence | measure_latent(evidence, pictures, originals, latents, rms)


def record(pack: Pack, evidence: Evidence, modes: Modes, *, seconds: float) -> PackRecord:
    """The finished pack's record: every run ruled on, metrics at the end and at their best.

    TypeError if the family declares a metric of which there is no scalar evidence.
    """
    metrics = {**SIGNAL_METRICS, **measured(pack.runs[0].arm.settings)}
    columns, rounds = evidence.stacked(), np.array(evidence.rounds)
    n = pack.runs[0].arm.settings.budget.snapshot_samples
    calibration = calibrate(modes, n, THRESHOLDS)
    common = {
        "rounds": evidence.rounds[-1],
        "seconds": seconds / len(pack.runs),
        **columns_of(evidence.stretches),
    }
    rows = []
    for k, run in enumerate(pack.runs):
        own = {name: values[k] for name, values in columns.items()}
        ruling = rule(rounds, own, modes, calibration=calibration)
        rows.append({"run_id": run.run_id} | _ruled(ruling) | _metrics(own, metrics) | common)
    return PackRecord(
        pack_id=pack.pack_id,
        runs=pd.DataFrame(rows).astype({"onset_round": "Int64", "converged_round": "Int64"}),
        history=_history(pack, evidence.rounds, columns),
        samples=evidence.pictures.archive([run.run_id for run in pack.runs]),
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


def _metrics(columns: Mapping[str, Array], metrics: Mapping[str, Metric]) -> dict[str, float]:
    """Of each metric the last value and the best one, NaN if none is finite."""
    wanting = sorted(one for one in metrics if one not in columns or columns[one].ndim > 1)
    if wanting:
        raise TypeError(f"metrics without scalar evidence of that name: {', '.join(wanting)}")
    final = {f"final_{name}": float(columns[name][-1]) for name in metrics}
    best = {
        f"best_{name}": float(
            (np.fmax if metric.better == "higher" else np.fmin).reduce(columns[name])
        )
        for name, metric in metrics.items()
    }
    return final | best


def _history(pack: Pack, rounds: Sequence[int], columns: Mapping[str, Array]) -> pd.DataFrame:
    """A row per run and snapshot, run by run; columns of vectors [K, T, m] become lists."""
    index = {
        "run_id": np.repeat([run.run_id for run in pack.runs], len(rounds)),
        "round": np.tile(np.asarray(rounds, dtype=np.int32), len(pack.runs)),
    }
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in columns.items()}
    return pd.DataFrame(
        index | {name: one if one.ndim == 1 else list(one) for name, one in flat.items()}
    )


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.cpu().numpy()
    return array
