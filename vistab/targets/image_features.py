"""What stands in for the modes of images: their principal axes and bins, learnt once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vistab.errors import RequestError
from vistab.targets.bins import DataBins, bin_count
from vistab.targets.data import DataSet, Index, decode
from vistab.targets.features import FeatureSpace
from vistab.targets.image_cache import (
    ImageCache,
    OnPreparing,
    Preparing,
    held,
    put_in_place,
    using,
)
from vistab.targets.image_source import FEWEST_IMAGES

AXES_FROM: Final = 2_000
"""Images that the principal axes are learnt from, at most."""

MOST_NUMBERS: Final = 2**26
"""Numbers that this takes in memory at most, several times: fewer images where they are large."""

BINS_FROM: Final = 10_000
"""Images whose features are cut into bins, at most."""

_BLOCK: Final = 2**23  # numbers that are looked at together

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Learnt:
    """Of a set of images: where they are compared, bins of them there, and `rms` in pixels."""

    space: FeatureSpace
    bins: DataBins
    rms: float


def data_set(cache: ImageCache) -> DataSet:
    """The images as a target, with what was learnt of them: now, if it was not before.

    RequestError if they are copies of a few.
    """
    found = learnt(cache)
    return DataSet(cache.pixels(), cache.shape, found.bins, found.rms, found.space)


def learnt(cache: ImageCache, on_progress: OnPreparing = lambda _: None) -> Learnt:
    """What was learnt of a set of images; it is learnt by one process, and kept in the folder.

    RequestError if the images are copies of a few.
    """
    path, n = cache.folder / "learnt.npz", cache.prepared.n

    def report() -> None:
        on_progress(Preparing("learning", n, n))

    with using(cache.folder):
        if not path.exists():
            with held(cache.folder, report):
                if not path.exists():
                    report()
                    _keep(path, _varied(learn(cache.pixels(), cache.shape), cache.place))
        with np.load(path) as stored:
            return _from_arrays(dict(stored), cache.shape)


def learn(pixels: Levels, shape: tuple[int, int, int]) -> Learnt:
    """Principal axes of at most 2,000 images [N, d], and bins of at most 10,000, evenly chosen.

    As many bins as the detector takes: one for 40 images, 50 at most.
    """
    few = max(FEWEST_IMAGES, min(AXES_FROM, MOST_NUMBERS // pixels.shape[1]))
    space = FeatureSpace.of(decode(pixels[evenly(len(pixels), few)]).reshape(-1, *shape))
    many = evenly(len(pixels), BINS_FROM)
    features = np.concatenate([space(block) for block in _blocks(pixels, many)])
    bins = DataBins.of(features, bin_count(len(many)))
    return Learnt(space, bins, _root_mean_square(pixels, many))


def _varied(found: Learnt, place: str) -> Learnt:
    if found.bins.std <= 1e-9 * found.bins.rms:
        raise RequestError(f"{place}: the images must be more than copies of a few")
    return found


def evenly(n: int, most: int) -> Index:
    """Indices of at most so many of n images, at even distances."""
    return np.arange(min(n, most)) * n // min(n, most)


def _root_mean_square(pixels: Levels, picked: Index) -> float:
    """Root mean square distance of the picked images from their mean, as `decode` has them."""
    total = sum(block.sum(axis=0, dtype=float) for block in _blocks(pixels, picked))
    mean = total / len(picked)
    square = sum(float(np.sum((block - mean) ** 2)) for block in _blocks(pixels, picked))
    return float(np.sqrt(square / len(picked)))


def _blocks(pixels: Levels, picked: Index) -> Iterator[npt.NDArray[np.float32]]:
    """The picked images, a few at a time."""
    step = max(1, _BLOCK // pixels.shape[1])
    return (decode(pixels[picked[i : i + step]]) for i in range(0, len(picked), step))


def _keep(path: Path, found: Learnt) -> None:
    put_in_place(path, lambda file: np.savez(file, allow_pickle=False, **_arrays(found)))


def _arrays(found: Learnt) -> dict[str, npt.NDArray[Any]]:
    axes = {} if found.space.axes is None else {"axes": found.space.axes}
    return {
        "mean": found.space.mean,
        "scale": found.space.scale,
        **axes,
        "features": found.bins.data,
        "centres": found.bins.centres,
        "noun": np.array(found.bins.noun),
        "rms": np.array(found.rms),
    }


def _from_arrays(stored: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int, int]) -> Learnt:
    space = FeatureSpace(shape, stored["mean"], stored["scale"], stored.get("axes"))
    bins = DataBins(stored["features"], stored["centres"], str(stored["noun"]))
    return Learnt(space, bins, float(stored["rms"]))
