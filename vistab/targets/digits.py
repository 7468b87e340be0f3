"""The handwritten digits of scikit-learn: small real images that need no download."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from vistab.targets.bins import DataBins
from vistab.targets.data import DataSet

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import DigitsTarget

N_BINS: Final = 20
"""Two a class. With fewer, some classes have no bin to themselves and could go missing unseen;
with more, the smallest bins hold too few of 512 samples to be counted."""

_WHITE: Final = 16.0  # the largest pixel of the original, the smallest being 0


def digits(_: DigitsTarget) -> DataSet:
    """1797 images of 8 x 8 pixels, d = 64, from -1 (paper) to 1 (ink)."""
    return labelled_digits()[0]


@cache
def labelled_digits() -> tuple[DataSet, npt.NDArray[Any]]:
    """The images, and which digit [N] each of them is."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    data = 2 * np.asarray(pixels, dtype=np.float32) / np.float32(_WHITE) - 1
    data.flags.writeable = labels.flags.writeable = False
    bins = DataBins.of(data, N_BINS)
    return DataSet(data, (1, 8, 8), bins, bins.rms), labels
