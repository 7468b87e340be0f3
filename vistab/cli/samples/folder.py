"""A run as a folder: a subfolder of images, a grid of images or an .npy file for each step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from vistab.cli.samples.images import images_in, is_image
from vistab.cli.samples.problems import Found, problem, show_shape
from vistab.cli.samples.snapshots import (
    ArraySnapshots,
    ImageSnapshots,
    Rounds,
    Snapshots,
    check_number,
)
from vistab.cli.samples.stored import open_array

_STEP: Final = re.compile(r"(?<!\d)(?<!\d\.)\d{1,18}$")
"""The whole number that a name ends in; the end of 0.25 is none."""

_KINDS: Final[Mapping[str, Callable[[Path], bool]]] = {
    "folders": Path.is_dir,
    "images": is_image,
    ".npy files": lambda path: path.suffix.lower() == ".npy",
}
"""What a step can be."""


def read_folder(folder: Path, found: Found) -> Snapshots | None:
    """The run in a folder; None if it cannot be used (then in `found`)."""
    numbered = [path for path in _candidates(folder) if _step(path) is not None]
    steps = {kind: [path for path in numbered if belongs(path)] for kind, belongs in _KINDS.items()}
    kinds = [kind for kind, paths in steps.items() if paths]
    if len(kinds) != 1:
        _unclear(folder, kinds, found)
        return None
    paths = sorted(steps[kinds[0]], key=_number)
    check_number(folder, len(paths), found)
    _check_twins(folder, paths, found)
    rounds = np.array([_number(path) for path in paths], dtype=np.int64)
    if kinds == [".npy files"]:
        return _arrays(folder, rounds, paths, found)
    if kinds == ["folders"]:
        return ImageSnapshots(folder, rounds, _images_of(paths, found), are_grids=False)
    return ImageSnapshots(folder, rounds, tuple((path,) for path in paths), are_grids=True)


def left_out(folder: Path) -> list[str]:
    """Names of what might be samples, but has no number of a step."""
    return [path.name for path in _candidates(folder) if _step(path) is None]


def _candidates(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [path for path in paths if any(belongs(path) for belongs in _KINDS.values())]


def _step(path: Path) -> re.Match[str] | None:
    return _STEP.search(path.name if path.is_dir() else path.stem)


def _number(path: Path) -> int:
    step = _step(path)
    assert step is not None  # only paths with a number come here
    return int(step[0])


def _unclear(folder: Path, kinds: Sequence[str], found: Found) -> None:
    """Note a folder without steps, or with more than one kind of them."""
    if kinds:
        rule = "must be of one kind: keep the others elsewhere"
        found.append(problem(folder, "steps", rule, " and ".join(kinds)))
        return
    unnumbered = left_out(folder)
    rule = (
        "must be folders, images or .npy files whose names end in a whole number, "
        "such as step_000100 or fakes_100.png"
    )
    found.append(problem(folder, "steps", rule, unnumbered[0] if unnumbered else "none of them"))


def _check_twins(folder: Path, paths: Sequence[Path], found: Found) -> None:
    """Note steps that are there twice; paths in order."""
    for one, other in pairwise(paths):
        if _number(one) == _number(other):
            rule = f"step {_number(one)} must be there once"
            found.append(problem(folder, "steps", rule, f"{one.name} and {other.name}"))


def _images_of(folders: Sequence[Path], found: Found) -> tuple[tuple[Path, ...], ...]:
    steps = tuple(tuple(images_in(folder.iterdir())) for folder in folders)
    for folder, images in zip(folders, steps, strict=True):
        if not images:
            found.append(problem(folder, "images", "must be png, jpg, bmp or webp files", "none"))
    return steps


def _arrays(
    folder: Path, rounds: Rounds, paths: Sequence[Path], found: Found
) -> ArraySnapshots | None:
    opened = [open_array(path, found) for path in paths]
    arrays = tuple(array for array in opened if array is not None)
    shape = arrays[0].shape[1:] if arrays else ()
    for array in arrays:
        if not shape or array.shape[1:] != shape or not array.shape[0]:
            like = f" with samples of shape {show_shape(shape)}" if shape else ""
            rule = f"must be [n, ...]{like}, n samples of a step"
            found.append(problem(array.file, "array", rule, show_shape(array.shape)))
    return ArraySnapshots(folder, rounds, shape, arrays) if arrays and shape else None
