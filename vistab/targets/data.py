"""Targets that are finite sets of data, drawn from with replacement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from vistab.targets.base import Modes, Shape, Target
from vistab.targets.features import FeatureSpace

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

LEVEL: Final = np.float32(2 / 255)
"""What one of the levels 0 to 255 is worth in [-1, 1]."""


@runtime_checkable
class DataTarget(Target, Protocol):
    """A target whose samples are picked out of stored rows: `decode(data[pick(n, generator)])`.

    So the rows can be copied to a GPU once, and only the picks follow.
    """

    @property
    def data(self) -> npt.NDArray[Any]:
        """Stored rows [N, r]: float32 from -1 to 1, or uint8 levels of images; perhaps on disk."""

    @property
    def size(self) -> int:
        """How many different data there are: one epoch."""

    def pick(self, n: int, generator: np.random.Generator) -> Index:
        """Which rows make n samples: [n], or [n, c] where c rows make one sample."""


def decode(rows: npt.NDArray[Any]) -> Floats:
    """Stored rows as they are learned from: levels 0 to 255 become -1 to 1 in float32."""
    if rows.dtype == np.uint8:
        return rows.astype(np.float32) * LEVEL - np.float32(1)
    return rows.astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class DataSet:
    """Rows of data, each one sample: a `DataTarget`.

    data [N, d], float32 or uint8; shape: of one sample. space: the map to where `modes` lie; None
    if that is where the samples are.
    """

    data: npt.NDArray[Any]
    shape: Shape
    modes: Modes
    rms: float
    space: FeatureSpace | None = None

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """The number N of data."""
        return len(self.data)

    def pick(self, n: int, generator: np.random.Generator) -> Index:
        """Which rows [n] are drawn."""
        return generator.integers(len(self.data), size=n)

    def sample(self, n: int, generator: np.random.Generator) -> Floats:
        """Draw n samples, float32 [n, d]; the same generator state gives the same samples."""
        return decode(self.data[self.pick(n, generator)])

    def features(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Samples [..., d] in the space of the modes."""
        if self.space is None:
            return samples
        flat = self.space(samples.reshape(-1, self.dimension))
        return flat.reshape(*samples.shape[:-1], -1)
