"""How the classifier of digits is trained, measured, and kept for the next time."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import shift

from vistab.targets.cache_folder import cache_folder
from vistab.targets.data import DataSet, decode
from vistab.targets.perceptron import Perceptron

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

Index = npt.NDArray[np.intp]

CLASSES: Final = 10

VERSION: Final = 1
"""Of what a recipe means: whoever changes that raises it, and older weights are left."""


@dataclass(frozen=True)
class Recipe:
    """All that decides the weights, but for the images and scikit-learn.

    shift: by how many pixels each image is moved up, down, left and right, to have five of it.
    penalty: on squared weights, scikit-learn's `alpha`. held_out: share that is not trained on.
    """

    shift: float
    hidden: tuple[int, ...] = (256, 64)
    epochs: int = 10
    learning_rate: float = 3e-3
    penalty: float = 0.1
    held_out: float = 0.25
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Trained:
    """A network that was trained, and its accuracy on so many images `held_out`."""

    network: Perceptron
    accuracy: float
    held_out: int


def trained(name: str, data: DataSet, labels: Index, recipe: Recipe) -> Trained:
    """What the recipe gives: out of the cache folder, or made now and put there.

    A file that cannot be read is made again, and a folder that cannot be written is done without.
    Processes that make it at the same time do so each for itself: the file is there as a whole.
    """
    path = cache_folder() / "classifiers" / f"{name}-{_key(data, labels, recipe)}.npz"
    sizes = (data.modes.dimension, *recipe.hidden, CLASSES)
    found = _read(path, sizes)
    if found is None:
        found = train(data, labels, recipe)
        with suppress(OSError):
            _keep(path, found)
    return found


def train(data: DataSet, labels: Index, recipe: Recipe) -> Trained:
    """Train on a stratified part of the images, and measure on what is left."""
    part, rest = split(labels, recipe)
    network = Perceptron.of(fit(data, labels, part, recipe))
    told = np.argmax(network.scores(data.features(decode(data.data[rest]))), axis=1)
    return Trained(network, float(np.mean(told == labels[rest])), len(rest))


def split(labels: Index, recipe: Recipe) -> tuple[Index, Index]:
    """Which images are trained on, and which are not: every digit has its share of both."""
    from sklearn.model_selection import train_test_split

    part, rest = train_test_split(
        np.arange(len(labels)),
        test_size=recipe.held_out,
        stratify=labels,
        random_state=recipe.seed,
    )
    return part, rest


def fit(data: DataSet, labels: Index, part: Index, recipe: Recipe) -> MLPClassifier:
    """Fit scikit-learn's multilayer perceptron to the features of these images and moved copies.

    On one thread, so that the weights do not depend on how many there are.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    images = decode(data.data[part]).reshape(-1, *data.shape)
    model = MLPClassifier(
        recipe.hidden,
        alpha=recipe.penalty,
        learning_rate_init=recipe.learning_rate,
        max_iter=recipe.epochs,
        random_state=recipe.seed,
    )
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are what is wanted
        copies = [data.features(moved.reshape(len(part), -1)) for moved in _moved(images, recipe)]
        model.fit(np.concatenate(copies).astype(float), np.tile(labels[part], len(copies)))
    return model


def _moved(images: npt.NDArray[np.float32], recipe: Recipe) -> list[npt.NDArray[np.float32]]:
    """Images [n, c, h, w] as they are, and moved in four directions; paper moves in."""
    steps = recipe.shift * np.array([(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)])
    return [shift(images, (0, 0, *step), order=1, mode="grid-constant", cval=-1) for step in steps]


def _key(data: DataSet, labels: Index, recipe: Recipe) -> str:
    """Another one if anything changes that decides the weights."""
    import sklearn

    told = [VERSION, asdict(recipe), sklearn.__version__]
    digest = hashlib.sha256(json.dumps(told).encode())
    axes = None if data.space is None else data.space.axes
    # rounded, and without -0, as they differ in their last places from machine to machine
    seen = [] if axes is None else [np.round(axes, 2) + 0.0]
    for values in (data.data, labels.astype(np.int64), *seen):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def _read(path: Path, sizes: tuple[int, ...]) -> Trained | None:
    """What the file holds; None if there is none, or none of a network of these sizes."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            layers = [
                (stored[f"weights_{i}"], stored[f"biases_{i}"]) for i in range(len(sizes[1:]))
            ]
            accuracy, held_out = float(stored["accuracy"]), int(stored["held_out"])
    except Exception:  # whatever is wrong with the file, it can be made again
        return None
    network = Perceptron(tuple(layers))
    return Trained(network, accuracy, held_out) if network.sizes == sizes else None


def _keep(path: Path, found: Trained) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        try:
            np.savez(file, allow_pickle=False, **_arrays(found))
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _arrays(found: Trained) -> dict[str, npt.NDArray[Any]]:
    arrays = {"accuracy": np.array(found.accuracy), "held_out": np.array(found.held_out)}
    for i, (weights, biases) in enumerate(found.network.layers):
        arrays |= {f"weights_{i}": weights, f"biases_{i}": biases}
    return arrays
