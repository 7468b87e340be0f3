"""A run as an .npz file: `rounds`, `samples`, and what they are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from vistab.cli.samples.problems import Found, Shape, problem, show_shape
from vistab.cli.samples.recorded import Recorded
from vistab.cli.samples.reference import array_data
from vistab.cli.samples.snapshots import ArraySnapshots, Rounds, check_number
from vistab.cli.samples.stored import Archive, Floats, StoredArray, open_archive
from vistab.collapse.reference import Reference

KNOWN: Final = ("rounds", "samples", "reference", "modes", "std", "weights", "losses")
"""The arrays that are read; besides those whose names begin with losses_."""


def read_archive(file: Path, found: Found) -> Recorded:
    """The run in an .npz file; what is wrong with it goes to `found`."""
    archive = open_archive(file, found)
    if archive is None:
        return Recorded()
    samples = _samples(archive, found)
    rounds = _rounds(archive, samples, found)
    shape = () if samples is None else samples.shape[2:]
    snapshots = None
    if samples is not None and rounds is not None:
        snapshots = ArraySnapshots(file, rounds, shape, (samples,))
    reference = archive.array("reference", found)
    return Recorded(
        snapshots,
        _modes(archive, shape, found),
        None if reference is None else array_data(reference, found),
        compared=bool({"modes", "reference"} & set(archive.names)),
        losses=_losses(archive, rounds, found),
        notes=_unread(archive),
    )


def _unread(archive: Archive) -> tuple[str, ...]:
    names = ", ".join(name for name in archive.names if not _is_read(name))
    return (f"Arrays that are not read: {names}.",) if names else ()


def _is_read(name: str) -> bool:
    return name in KNOWN or name.startswith("losses_")


def _samples(archive: Archive, found: Found) -> StoredArray | None:
    array = archive.required("samples", KNOWN, found)
    if array is not None and (len(array.shape) < 3 or 0 in array.shape):
        rule = "must be [T, n, ...], n samples at each of T rounds"
        found.append(problem(archive.file, "samples", rule, show_shape(array.shape)))
        return None
    return array


def _rounds(archive: Archive, samples: StoredArray | None, found: Found) -> Rounds | None:
    """The rounds [T]; whole numbers may be stored as floats."""
    array = archive.required("rounds", KNOWN, found)
    if array is None:
        return None
    if samples is not None and array.shape != samples.shape[:1]:
        rule = f"must be [T] like samples, which have T = {samples.shape[0]}"
        found.append(problem(archive.file, "rounds", rule, show_shape(array.shape)))
        return None
    if len(array.shape) != 1:
        rule = "must be [T], the number of each round"
        found.append(problem(archive.file, "rounds", rule, show_shape(array.shape)))
        return None
    check_number(archive.file, array.shape[0], found)
    return _increasing(archive.file, array, found)


def _increasing(file: Path, array: StoredArray, found: Found) -> Rounds | None:
    given = array.whole()
    wrong = np.flatnonzero(~(np.abs(given) < 2**53) | (given != np.floor(given)))
    if len(wrong) or array.dtype.kind == "b":
        value = "true and false" if array.dtype.kind == "b" else f"{given[wrong[0]]:g}"
        found.append(problem(file, "rounds", "must be whole numbers", value))
        return None
    rounds = given.astype(np.int64)
    back = np.flatnonzero(np.diff(rounds) <= 0)
    if len(back):
        value = f"{rounds[back[0] + 1]} after {rounds[back[0]]}"
        found.append(problem(file, "rounds", "must increase", value))
        return None
    return rounds


def _modes(archive: Archive, shape: Shape, found: Found) -> Reference | None:
    """Known modes: `modes` [k, d], `std` and, if uneven, `weights` [k]."""
    if "modes" not in archive.names:
        return None
    before = len(found)
    centres = _centres(archive, shape, found)
    std = _std(archive, found)
    weights = None if centres is None else _weights(archive, len(centres), found)
    if len(found) > before or centres is None or std is None:
        return None
    try:
        return Reference.of_modes(centres, std, weights)
    except ValueError as error:
        found.append(problem(archive.file, "modes", str(error)))
        return None


def _centres(archive: Archive, shape: Shape, found: Found) -> Floats | None:
    array = archive.array("modes", found)
    if array is None:
        return None
    if len(array.shape) != 2 or 0 in array.shape or (shape and array.shape[1:] != shape):
        like = f"[k, {shape[0]}] like samples" if len(shape) == 1 else "[k, d], samples [T, n, d]"
        found.append(problem(archive.file, "modes", f"must be {like}", show_shape(array.shape)))
        return None
    centres = array.whole()
    if not np.isfinite(centres).all():
        found.append(problem(archive.file, "modes", "must be finite numbers"))
    return centres


def _std(archive: Archive, found: Found) -> float | None:
    array = archive.required("std", KNOWN, found)
    if array is None:
        return None
    if array.shape != () or not _positive(array.whole()):
        value = show_shape(array.shape) if array.shape else f"{array.whole():g}"
        found.append(problem(archive.file, "std", "must be one positive number", value))
        return None
    return float(array.whole())


def _weights(archive: Archive, k: int, found: Found) -> Floats | None:
    array = archive.array("weights", found)
    if array is None:
        return None
    if array.shape != (k,) or not _positive(array.whole()):
        fits = array.shape == (k,)
        value = f"{array.whole().min():g} among them" if fits else show_shape(array.shape)
        rule = f"must be [k] positive numbers, k = {k}"
        found.append(problem(archive.file, "weights", rule, value))
        return None
    return array.whole()


def _losses(archive: Archive, rounds: Rounds | None, found: Found) -> dict[str, Floats]:
    """`losses` [T] or [T, k] and any `losses_NAME` [T], as curves [T] by name."""
    curves: dict[str, Floats] = {}
    for name in [name for name in archive.names if name.startswith("losses")]:
        array = archive.array(name, found) if _is_read(name) else None
        if array is None or rounds is None:
            continue
        if array.shape[:1] != rounds.shape or len(array.shape) > (2 if name == "losses" else 1):
            rule = f"must be [T] like rounds, which have T = {len(rounds)}"
            found.append(problem(archive.file, name, rule, show_shape(array.shape)))
            continue
        values = array.whole()
        if values.ndim == 1:
            curves[name.removeprefix("losses_")] = values
        else:
            curves |= {f"losses {i + 1}": curve for i, curve in enumerate(values.T)}
    return curves


def _positive(values: Floats) -> bool:
    return bool(np.all(np.isfinite(values) & (values > 0)))
