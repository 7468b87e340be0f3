"""The classifier of digits against scikit-learn's own, and what becomes of its weights."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.neural_network import MLPClassifier

from vistab.spec.targets import (
    DigitsTarget,
    Mnist5kTarget,
    RingTarget,
    StackedDigitsTarget,
)
from vistab.targets import classifier_training as training
from vistab.targets.classifier import DigitClassifier, classifier_for
from vistab.targets.classifier_training import Recipe, fit, split, train, trained
from vistab.targets.data import DataSet
from vistab.targets.digits import labelled_digits
from vistab.targets.perceptron import Perceptron

SMALL = Recipe(shift=0.5, hidden=(16, 8), epochs=3)
DIGITS, LABELS = labelled_digits()
FEW = replace(DIGITS, data=DIGITS.data[:300]), LABELS[:300]
PAGE = (Path(__file__).parents[2] / "docs" / "targets.md").read_text()


@pytest.fixture(scope="module")
def parts() -> tuple[np.ndarray, np.ndarray]:
    """Which images are trained on, and which are not."""
    return split(LABELS, SMALL)


@pytest.fixture(scope="module")
def model(parts: tuple[np.ndarray, np.ndarray]) -> MLPClassifier:
    """scikit-learn's own, trained by the small recipe."""
    return fit(DIGITS, LABELS, parts[0], SMALL)


@pytest.fixture(scope="module")
def small(model: MLPClassifier) -> DigitClassifier:
    """The same, as it is used."""
    return DigitClassifier(DIGITS, Perceptron.of(model), 0.5, 450)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where weights go in this test."""
    monkeypatch.setenv("VISTAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "classifiers"


def weights(network: Perceptron) -> np.ndarray:
    """All weights and biases, one after the other."""
    return np.concatenate([part.ravel() for layer in network.layers for part in layer])


# What it says


def test_labels_and_probabilities_are_those_of_scikit_learn(
    model: MLPClassifier, small: DigitClassifier
) -> None:
    rows = DIGITS.data[::7]
    assert np.array_equal(small.labels(rows), model.predict(rows.astype(float)))
    expected = model.predict_proba(rows.astype(float))
    assert small.probabilities(rows) == pytest.approx(expected, abs=1e-12)


def test_the_embedding_is_what_the_last_layer_turns_into_probabilities(
    model: MLPClassifier, small: DigitClassifier
) -> None:
    rows = DIGITS.data[::7]
    hidden = small.embed(rows)
    assert hidden.shape == (len(rows), 8)
    assert hidden.min() == 0  # rectified
    odds = np.exp(hidden @ model.coefs_[-1] + model.intercepts_[-1])
    expected = model.predict_proba(rows.astype(float))
    assert odds / odds.sum(axis=1, keepdims=True) == pytest.approx(expected, abs=1e-12)


def test_channels_are_embedded_each_for_itself_side_by_side(small: DigitClassifier) -> None:
    channels = DIGITS.data[:30].reshape(10, 3, 64)
    stacked = small.embed(channels.reshape(10, 192))
    alone = [small.embed(channels[:, channel]) for channel in range(3)]
    np.testing.assert_allclose(stacked, np.concatenate(alone, axis=1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 63), (5, 65), (5, 0), (64,), (5, 8, 8)])
def test_rows_of_another_length_are_refused(shape: tuple[int, ...], small: DigitClassifier) -> None:
    for answer in (small.labels, small.probabilities, small.embed):
        with pytest.raises(ValueError, match=re.escape(f"got {shape}")):
            answer(np.zeros(shape))


def test_other_targets_have_no_classifier() -> None:
    with pytest.raises(ValueError, match=r"digits, mnist5k and stacked_digits, 'ring' got"):
        classifier_for(RingTarget(kind="ring"))


def test_stacked_digits_are_told_by_the_classifier_of_their_digits() -> None:
    alone = classifier_for(DigitsTarget(kind="digits"))
    assert classifier_for(StackedDigitsTarget(kind="stacked_digits")) is alone


# How good it is


@pytest.mark.parametrize(
    "spec",
    [
        DigitsTarget(kind="digits"),
        pytest.param(Mnist5kTarget(kind="mnist5k"), marks=pytest.mark.slow),
    ],
    ids=lambda spec: spec.kind,
)
def test_it_is_as_good_as_the_documentation_says(spec: DigitsTarget | Mnist5kTarget) -> None:
    found = classifier_for(spec)
    row = re.search(rf"^\| `{spec.kind}` \| ([\d.]+) % \| (\d+) \|$", PAGE, re.MULTILINE)
    assert row is not None
    stated, held_out = float(row[1]) / 100, int(row[2])
    assert found.held_out == held_out
    error = np.sqrt(stated * (1 - stated) / held_out)
    assert abs(found.accuracy - stated) <= 3 * error
    assert found.accuracy >= {"digits": 0.98, "mnist5k": 0.955}[spec.kind] - 2 * error


def test_accuracy_is_that_of_scikit_learn_on_images_left_out(
    model: MLPClassifier, parts: tuple[np.ndarray, np.ndarray]
) -> None:
    _, rest = parts
    found = train(DIGITS, LABELS, SMALL)
    assert found.held_out == len(rest)
    assert found.accuracy == model.score(DIGITS.data[rest].astype(float), LABELS[rest])


def test_every_digit_has_its_share_of_both_parts(parts: tuple[np.ndarray, np.ndarray]) -> None:
    part, rest = parts
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(LABELS)))
    assert len(rest) == pytest.approx(SMALL.held_out * len(LABELS), abs=1)
    for digit in range(10):
        share = np.mean(LABELS[rest] == digit) / np.mean(LABELS[part] == digit)
        assert share == pytest.approx(1, abs=0.05)


# How it is trained


def test_images_that_are_left_out_and_their_labels_have_no_say(
    model: MLPClassifier, parts: tuple[np.ndarray, np.ndarray]
) -> None:
    part, rest = parts
    data, labels = DIGITS.data.copy(), LABELS.copy()
    data[rest], labels[rest] = 0, 9
    again = fit(replace(DIGITS, data=data), labels, part, SMALL)
    assert np.array_equal(weights(Perceptron.of(again)), weights(Perceptron.of(model)))


def test_it_is_the_same_each_time_and_leaves_the_global_generator_alone(
    model: MLPClassifier, parts: tuple[np.ndarray, np.ndarray]
) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002  the one to be left alone
    again = fit(DIGITS, LABELS, parts[0], SMALL)
    assert np.array_equal(weights(Perceptron.of(again)), weights(Perceptron.of(model)))
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_images_are_moved_in_four_directions_and_paper_moves_in() -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (3, 1, 6, 5)).astype(np.float32)
    still, right, down, left, up = training._moved(images, replace(SMALL, shift=1.0))
    assert np.array_equal(still, images)
    paper = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1)
    assert right == pytest.approx(paper[:, :, 1:-1, :-2], abs=1e-6)
    assert down == pytest.approx(paper[:, :, :-2, 1:-1], abs=1e-6)
    assert left == pytest.approx(paper[:, :, 1:-1, 2:], abs=1e-6)
    assert up == pytest.approx(paper[:, :, 2:, 1:-1], abs=1e-6)
    half = training._moved(images, replace(SMALL, shift=0.5))[1]
    assert half == pytest.approx((still + right) / 2, abs=1e-6)  # between the pixels, linearly


@pytest.mark.slow
def test_moved_images_are_told_better_than_without_moving_in_training(
    parts: tuple[np.ndarray, np.ndarray],
) -> None:
    part, rest = parts
    images = DIGITS.data[rest].reshape(-1, 8, 8)
    half = (images + np.roll(images, 1, axis=2)) / 2  # half a pixel; the outermost ones are paper
    half[:, :, 0] = (images[:, :, 0] - 1) / 2
    still, moved = (replace(SMALL, hidden=(64,), epochs=8, shift=shift) for shift in (0.0, 0.5))
    right = [
        np.mean(
            fit(DIGITS, LABELS, part, recipe).predict(half.reshape(-1, 64).astype(float))
            == LABELS[rest]
        )
        for recipe in (still, moved)
    ]
    assert right[1] > right[0] + 0.02


# Where it is kept


def test_it_is_trained_once_and_then_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = trained("digits", *FEW, SMALL)
    assert len(list(folder.iterdir())) == 1  # nothing is left over from writing it
    monkeypatch.setattr(training, "train", lambda *_: pytest.fail("it was trained again"))
    again = trained("digits", *FEW, SMALL)
    assert np.array_equal(weights(again.network), weights(first.network))
    assert (again.accuracy, again.held_out) == (first.accuracy, first.held_out)


def spoil(path: Path, how: str) -> None:
    contents = path.read_bytes()
    if how == "of other sizes":
        other = train(*FEW, replace(SMALL, hidden=(4, 8), epochs=1))
        np.savez(path, **training._arrays(other))
    elif how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        cut = {"empty": b"", "cut off": contents[:-50], "something else": b"not weights"}
        middle = len(contents) // 2
        changed = contents[:middle] + bytes([contents[middle] ^ 255]) + contents[middle + 1 :]
        path.write_bytes((cut | {"changed": changed})[how])


@pytest.mark.parametrize(
    "how", ["empty", "cut off", "something else", "changed", "of other sizes", "a folder"]
)
def test_a_file_that_is_broken_is_made_again(how: str, folder: Path) -> None:
    first = trained("digits", *FEW, SMALL)
    (path,) = folder.iterdir()
    spoil(path, how)
    again = trained("digits", *FEW, SMALL)
    assert np.array_equal(weights(again.network), weights(first.network))
    if how != "a folder":  # which nothing is written in place of
        assert np.array_equal(
            weights(training._read(path, (64, 16, 8, 10)).network), weights(first.network)
        )  # type: ignore[union-attr]


def test_where_nothing_can_be_written_it_is_trained_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("VISTAB_CACHE", str(tmp_path / "file"))
    assert trained("digits", *FEW, SMALL).held_out == 75


def test_a_write_that_fails_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert trained("digits", *FEW, SMALL).held_out == 75
    assert list(folder.iterdir()) == []


def test_whatever_decides_the_weights_has_a_file_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def key(data: DataSet = DIGITS, labels: np.ndarray = LABELS, recipe: Recipe = SMALL) -> str:
        return training._key(data, labels, recipe)

    image, label = DIGITS.data.copy(), LABELS.copy()
    image[5, 5], label[5] = 0.123, 9
    keys = [
        key(),
        key(data=replace(DIGITS, data=image)),
        key(labels=label),
        *(
            key(recipe=replace(SMALL, **{name: value}))
            for name, value in {
                "shift": 1.0, "hidden": (16, 9), "epochs": 4, "learning_rate": 1e-3,
                "penalty": 0.2, "held_out": 0.3, "seed": 1,
            }.items()
        ),
    ]  # fmt: skip
    for library, name in ((sklearn, "__version__"), (training, "VERSION")):
        monkeypatch.setattr(library, name, "another")
        keys.append(key())
    assert len(set(keys)) == len(keys) == 12


def test_features_that_differ_in_their_last_places_have_the_same_file() -> None:
    """Principal axes do from machine to machine, and sometimes they point the other way."""
    from vistab.targets.features import FeatureSpace

    space = FeatureSpace.of(DIGITS.data)
    assert space.axes is not None
    noise = 1e-13 * np.random.default_rng(0).normal(size=space.axes.shape)
    near, flipped = (replace(space, axes=axes) for axes in (space.axes + noise, -space.axes))
    own, same, other = (
        training._key(replace(DIGITS, space=one), LABELS, SMALL) for one in (space, near, flipped)
    )
    assert own == same != other


@pytest.mark.slow
def test_processes_that_train_at_once_do_not_disturb_each_other(folder: Path) -> None:
    """Each finds all of the file or none, and the same weights, on however many threads."""
    code = """
import hashlib, numpy as np
from vistab.targets.classifier_training import Recipe, trained
from vistab.targets.digits import labelled_digits
found = trained("digits", *labelled_digits(), Recipe(shift=0.5, hidden=(16, 8), epochs=3))
print(hashlib.sha256(b"".join(p.tobytes() for l in found.network.layers for p in l)).hexdigest())
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            env={"VISTAB_CACHE": str(folder.parent), "OMP_NUM_THREADS": threads},
        )
        for threads in ("1", "2", "1")
    ]
    said = [process.communicate()[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(set(said)) == 1
    assert len(list(folder.iterdir())) == 1
