"""The pictures kept of every run: film strips of samples, and of whatever else a family shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from vistab.targets import Target
from vistab.targets.data import DataTarget
from vistab.training.memorisation import nearest_data, real_distances

SNAPSHOTS: Final = 8
SAMPLES: Final = 200
OF_DATA: Final = ("codes", "reconstructions")
"""Pictures that are made of data, so that these are kept beside them."""

IMAGES: Final = 36
"""Images of one round that are kept of a run."""

IN_DATA_SPACE: Final = ("samples", "reconstructions")
"""Pictures that are images where the target's samples are."""

COMPARED: Final = 16
"""Images of one round whose nearest data are looked for."""

CHEAP: Final = 10**8
"""Numbers in a data set up to which nearest data are looked for at all kept rounds, not the last
one alone: MNIST's, but not those of 200,000 photographs, which take seconds to compare with."""

LEVELS: Final = 127.5
"""Levels 0 to 255 of a byte in one unit of [-1, 1]."""

NOT_FINITE: Final = 128
"""Mid grey stands for pixels that are not finite."""

Array = npt.NDArray[np.generic]


def strip_rounds(snapshots: Sequence[int]) -> list[int]:
    """Up to 8 evenly spaced snapshots, the first and the last included: the film strip."""
    picked = np.linspace(0, len(snapshots) - 1, min(SNAPSHOTS, len(snapshots)))
    return [snapshots[int(i)] for i in picked.round()]


@dataclass
class Pictures:
    """What has been kept so far: images as levels in uint8, all else in float16.

    shots: by round and picture ("samples" among them), [K, n, ...]. Of images also the data nearest
    to the first 16 samples, "nearest" [K, 16, d]; how far these are, "nearest_distance" [K, 16] in
    float32; and, at the last round, what that is for real images, "real_distance" [K, 64], the same
    for all runs. originals: the data that codes and reconstructions are of, [K, 200, d]; None where
    there are none.
    """

    shots: dict[int, dict[str, Array]] = field(default_factory=dict)
    originals: Array | None = None

    def keep(
        self,
        number: int,
        pictures: Mapping[str, Tensor],
        data: Tensor,
        target: Target,
        *,
        last: bool,
    ) -> None:
        """Keep the first of each picture [K, n, ...], and of the data they were made of.

        The first 200; of images 36. last: of the kept rounds; where comparing with the data takes
        long, only there.
        """
        images = len(target.shape) == 3
        self.shots[number] = {
            name: _first_images(picture) if images and name in IN_DATA_SPACE else _first(picture)
            for name, picture in pictures.items()
        }
        if any(name in pictures for name in OF_DATA):
            self.originals = levels(_rows(data, SAMPLES)) if images else _first(data)
        if images and isinstance(target, DataTarget) and (last or target.data.size <= CHEAP):
            self.shots[number] |= _compared(_rows(pictures["samples"], COMPARED), target)
            if last:
                real = real_distances(target)
                self.shots[number]["real_distance"] = np.tile(real, (len(data), 1))

    def archive(self, run_ids: Sequence[str]) -> dict[str, Array]:
        """The rounds [T] and, by run, what `Results.samples` and `Results.pictures` read.

        What was kept at the last rounds alone has fewer than T entries.
        """
        shots = list(self.shots.values())
        kept = {
            name: np.stack([shot[name] for shot in shots if name in shot], axis=1)
            for name in shots[-1]
        }
        if self.originals is not None:
            kept["originals"] = self.originals
        archive: dict[str, Array] = {"rounds": np.array(list(self.shots), dtype=np.int32)}
        for k, run_id in enumerate(run_ids):
            archive[run_id] = kept["samples"][k]
            further = {f"{run_id}.{name}": kept[name][k] for name in kept if name != "samples"}
            archive |= further
        return archive


def levels(images: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Images from -1 to 1 as levels 0 to 255: more is cut off, and what is no number mid grey."""
    shown = (np.clip(images, -1, 1) + 1) * LEVELS
    return np.where(np.isfinite(images), shown, NOT_FINITE).round().astype(np.uint8)


def _compared(samples: npt.NDArray[np.floating], target: DataTarget) -> dict[str, Array]:
    """The data nearest to samples [K, n, d] as they are shown, and how far away they are."""
    gone = ~np.isfinite(samples)
    shown = np.clip(np.where(gone, 0.0, samples), -1, 1).astype(np.float32)
    found = nearest_data(shown.reshape(-1, shown.shape[-1]), target)
    distances = found.distances.reshape(shown.shape[:2])
    distances[gone.any(axis=-1)] = np.nan
    return {"nearest": levels(found.images).reshape(shown.shape), "nearest_distance": distances}


def _first_images(picture: Tensor) -> Array:
    return levels(_rows(picture, IMAGES))


def _first(picture: Tensor) -> Array:
    with np.errstate(over="ignore"):
        first: Array = _rows(picture, SAMPLES).astype(np.float16)
    return first


def _rows(picture: Tensor, n: int) -> npt.NDArray[np.floating]:
    """The first n of [K, N, ...]."""
    rows: npt.NDArray[np.floating] = picture[:, :n].cpu().numpy()
    return rows
