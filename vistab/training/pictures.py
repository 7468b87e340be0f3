"""The pictures kept of every run: film strips of samples, and of whatever else a family shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from torch import Tensor

SNAPSHOTS = 8
SAMPLES = 200
OF_DATA = ("codes", "reconstructions")
"""Pictures that are made of data, so that these are kept beside them."""

Array = npt.NDArray[np.generic]


def strip_rounds(snapshots: Sequence[int]) -> list[int]:
    """Up to 8 evenly spaced snapshots, the first and the last included: the film strip."""
    picked = np.linspace(0, len(snapshots) - 1, min(SNAPSHOTS, len(snapshots)))
    return [snapshots[int(i)] for i in picked.round()]


@dataclass
class Pictures:
    """What has been kept so far, in float16.

    shots: by round and picture ("samples" among them), [K, 200, ...]. originals: the data that
    codes and reconstructions are of, [K, 200, d]; None where there are none.
    """

    shots: dict[int, dict[str, Array]] = field(default_factory=dict)
    originals: Array | None = None

    def keep(self, number: int, pictures: Mapping[str, Tensor], data: Tensor) -> None:
        """Keep the first 200 of each picture [K, n, ...], and of the data they were made of."""
        self.shots[number] = {name: _first(picture) for name, picture in pictures.items()}
        if any(name in pictures for name in OF_DATA):
            self.originals = _first(data)

    def archive(self, run_ids: Sequence[str]) -> dict[str, Array]:
        """The rounds [T] and, by run, what `Results.samples` and `Results.pictures` read."""
        shots = list(self.shots.values())
        kept = {name: np.stack([shot[name] for shot in shots], axis=1) for name in shots[0]}
        if self.originals is not None:
            kept["originals"] = self.originals
        archive: dict[str, Array] = {"rounds": np.array(list(self.shots), dtype=np.int32)}
        for k, run_id in enumerate(run_ids):
            archive[run_id] = kept["samples"][k]
            further = {f"{run_id}.{name}": kept[name][k] for name in kept if name != "samples"}
            archive |= further
        return archive


def _first(picture: Tensor) -> Array:
    with np.errstate(over="ignore"):
        first: Array = picture[:, :SAMPLES].cpu().numpy().astype(np.float16)
    return first
