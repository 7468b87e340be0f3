"""The forward pass of a multilayer perceptron, so that using one needs numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Perceptron:
    """Affine layers with rectified linear units (ReLU) between them.

    layers: weights [inputs, outputs] and biases [outputs] of each, in order.
    """

    layers: tuple[tuple[Array, Array], ...]

    @classmethod
    def of(cls, model: MLPClassifier) -> Perceptron:
        """The layers of a trained model of scikit-learn, of three classes or more."""
        return cls(tuple(zip(model.coefs_, model.intercepts_, strict=True)))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers come in, and how many leave each layer."""
        return len(self.layers[0][0]), *(len(biases) for _, biases in self.layers)

    def hidden(self, inputs: npt.NDArray[np.floating]) -> Array:
        """The last hidden layer [n, h] of finite inputs [n, f]."""
        values = np.asarray(inputs, dtype=float)
        for weights, biases in self.layers[:-1]:
            values = np.maximum(values @ weights + biases, 0.0)
        return values

    def scores(self, inputs: npt.NDArray[np.floating]) -> Array:
        """A number for each class [n, c]; the softmax makes them probabilities."""
        weights, biases = self.layers[-1]
        return self.hidden(inputs) @ weights + biases
