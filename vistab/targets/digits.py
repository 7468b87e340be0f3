"""The handwritten digits of scikit-learn: small real images that need no download."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from vistab.targets.bins import DataBins

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import DigitsTarget

N_BINS: Final = 20
"""Two a class. With fewer, some classes have no bin to themselves and could go missing unseen;
with more, the smallest bins hold too few of 512 samples to be counted."""

_WHITE: Final = 16.0  # the largest pixel of the original, the smallest being 0


@dataclass(frozen=True, eq=False)
class DataSet:
    """A finite set of data, drawn from with replacement: a `Target`. data [N, d], float32."""

    data: npt.NDArray[np.float32]
    modes: DataBins

    @property
    def dimension(self) -> int:
        """The number d of features of one sample."""
        return int(self.data.shape[1])

    def sample(self, n: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
        """Draw n samples, float32 [n, d]; the same generator state gives the same samples."""
        return self.data[generator.integers(len(self.data), size=n)]


def digits(_: DigitsTarget) -> DataSet:
    """1797 images of 8 x 8 pixels, d = 64, from -1 (paper) to 1 (ink)."""
    return _digits()


@cache
def _digits() -> DataSet:
    from sklearn.datasets import load_digits

    pixels = np.asarray(load_digits().data, dtype=np.float32)
    data = 2 * pixels / np.float32(_WHITE) - 1
    data.flags.writeable = False
    return DataSet(data, DataBins.of(data, N_BINS))
