"""From what the command line names to snapshots and a reference that fit each other."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vistab.cli.samples.archive import read_archive
from vistab.cli.samples.folder import left_out, read_folder
from vistab.cli.samples.images import PixelFormat, Size, show_size
from vistab.cli.samples.problems import Found, SamplesError, Shape, problem, refuse, show_shape
from vistab.cli.samples.recorded import Recorded
from vistab.cli.samples.reference import ArrayData, Data, ImageData, read_data
from vistab.cli.samples.snapshots import ArraySnapshots, ImageSnapshots, Rounds, Snapshots
from vistab.cli.samples.stored import Floats, StoredArray
from vistab.collapse.reference import Reference
from vistab.errors import Problem

_SHOWN: Final = 1000  # reference samples to be drawn, at most


@dataclass(frozen=True, eq=False)
class Run:
    """A run to rule on.

    rounds [T]; samples: yields each snapshot's, [n, ...], once. compared: what the reference is, in
    words. shown: centres of the known modes, or some of the data, to be drawn. span: least and
    largest number in the data; None if the modes are known. losses: curves [T] by name. notes: what
    a reader should know, in words.
    """

    rounds: Rounds
    samples: Iterator[Floats]
    reference: Reference
    compared: str
    shown: Floats
    span: tuple[float, float] | None
    losses: Mapping[str, Floats]
    notes: tuple[str, ...]


def read_run(
    samples: Path, reference: Path | None, tile: Size | None, found: Sequence[Problem] = ()
) -> Run:
    """Read what is at `samples`, and `reference` if it is not there too; snapshots are read later.

    tile: size of the images where the reference has flat rows of pixels. found: what is wrong with
    the rest of the request. Raises SamplesError with all that, and with everything that can be seen
    to be wrong with the files before samples are read; reading these may raise it too.
    """
    try:
        return _read_run(samples, reference, tile, list(found))
    except OSError as error:
        raise SamplesError(
            f"{error.filename or samples}: cannot be read: {error.strerror}"
        ) from error


def _read_run(path: Path, reference: Path | None, tile: Size | None, found: Found) -> Run:
    recorded = _recorded(path, found)
    data = recorded.data if reference is None else read_data(reference, found)
    if reference is None and not recorded.compared:
        found.append(_nothing_to_compare_with(path))
    refuse(found)
    assert recorded.snapshots is not None  # else there was a problem
    if recorded.modes is not None:
        return _with_modes(recorded, recorded.snapshots, recorded.modes, unused=data is not None)
    assert data is not None
    return _with_data(recorded, recorded.snapshots, data, tile)


def _recorded(path: Path, found: Found) -> Recorded:
    if path.is_dir():
        names = ", ".join(left_out(path))
        notes = (f"Left out, for their names end in no number: {names}.",) if names else ()
        return Recorded(read_folder(path, found), notes=notes)
    if zipfile.is_zipfile(path):
        return read_archive(path, found)
    rule = "must be a file or folder that is there"
    if path.exists():
        rule = "must be a whole .npz file, with the arrays rounds and samples, or a folder"
    found.append(problem(path, "SAMPLES", rule))
    return Recorded()


def _with_modes(recorded: Recorded, snapshots: Snapshots, modes: Reference, unused: bool) -> Run:
    note = ("The reference is not used, since the modes are known.",) if unused else ()
    return Run(
        snapshots.rounds,
        snapshots.samples(None, []),
        modes,
        f"{modes.modes.count} known modes",
        modes.modes.centres,
        None,
        recorded.losses,
        (*snapshots.notes, *note, *recorded.notes),
    )


def _with_data(recorded: Recorded, snapshots: Snapshots, data: Data, tile: Size | None) -> Run:
    found: Found = []
    images = _pixel_format(snapshots, data, tile, found)
    refuse(found)
    samples = snapshots.samples(images, found)
    real = data.read(images)
    span = (float(real.min()), float(real.max()))
    _check_scale(snapshots, data, span, found)
    refuse(found)
    reference = _reference(data.file, real)
    return Run(
        snapshots.rounds,
        samples,
        reference,
        f"{len(real):,} reference samples, {_found_in(reference)}",
        np.random.default_rng(0).permutation(real)[:_SHOWN],
        span,
        recorded.losses,
        (*snapshots.notes, *_notes(data, len(real)), *recorded.notes),
    )


def _found_in(reference: Reference) -> str:
    number, noun = reference.modes.count, reference.modes.noun
    return f"{number} modes found in them" if noun == "modes" else f"cut into {number} {noun}"


def _notes(data: Data, used: int) -> Iterator[str]:
    """What a reader should know of the reference."""
    if isinstance(data, ImageData) and data.copies:
        total = len(data) + data.copies
        yield f"Of {total:,} reference images {data.copies:,} are copies, and count once."
    if used < len(data):
        yield f"Of {len(data):,} reference samples {used:,} are used, drawn with a fixed seed."


def _reference(file: Path, real: Floats) -> Reference:
    try:
        return Reference.of_data(real)
    except ValueError as error:
        raise SamplesError(str(problem(file, "reference", str(error)))) from error


def _pixel_format(
    snapshots: Snapshots, data: Data, tile: Size | None, found: Found
) -> PixelFormat | None:
    """How image files become samples; None if there are none, both sides being arrays."""
    match snapshots, data:
        case ArraySnapshots(), ArrayData():
            _check_shapes(snapshots, data, found)
            return None
        case ArraySnapshots(), _:
            images = _format_of(snapshots.arrays[0], snapshots.shape, tile, found)
        case _, ArrayData():
            images = _format_of(data.array, data.shape, tile, found)
        case _, ImageData():
            images = PixelFormat.of_files(data.images)
    if images is not None and tile not in (None, images.size):
        rule = f"must be {show_size(images.size)}, as the reference or samples have it"
        found.append(problem(Path("--tile"), "size", rule, show_size(tile or ())))
    return images


def _format_of(
    array: StoredArray, shape: Shape, tile: Size | None, found: Found
) -> PixelFormat | None:
    """How image files become samples like those of an array."""
    images = PixelFormat.of_shape(shape, tile)
    if images is None:
        rule = "must hold images, [..., H, W], [..., H, W, 3] or [..., 3, H, W], to go with files"
        flat = f"for {shape[0]} grey pixels in a row give --tile HEIGHTxWIDTH"
        hint = flat if len(shape) == 1 else None
        found.append(problem(array.file, array.name, rule, show_shape(array.shape), hint))
    return images


def _check_shapes(snapshots: ArraySnapshots, data: ArrayData, found: Found) -> None:
    if data.shape == snapshots.shape:
        return
    wanted = show_shape(snapshots.shape)
    rule = f"must hold samples of shape {wanted}, like those of {snapshots.file.name}"
    hint = "move the axis of channels" if sorted(data.shape) == sorted(snapshots.shape) else None
    found.append(problem(data.file, data.array.name, rule, show_shape(data.shape), hint))


def _check_scale(snapshots: Snapshots, data: Data, span: tuple[float, float], found: Found) -> None:
    """Note arrays that cannot be on the scale of image files."""
    match snapshots, data:
        case ImageSnapshots(), ArrayData() if span[0] < 0 or span[1] > 1:
            rule = "must lie in 0 to 1, as images in files do"
            value = f"{span[0]:g} to {span[1]:g}"
            found.append(problem(data.file, data.array.name, rule, value))
        case ArraySnapshots(arrays=(array, *_)), ImageData() if array.dtype.kind in "iu":
            rule = "must be fractions from 0 to 1, as images in files are: divide by 255"
            found.append(problem(array.file, array.name, rule, str(array.dtype)))


def _nothing_to_compare_with(path: Path) -> Problem:
    if path.is_dir():
        rule = "is missing: give --reference, a folder of real images, or an .npz or .npy file"
        return problem(path, "reference", rule)
    rule = "is missing: real samples [m, ...], here or in --reference, or modes [k, d] and std"
    return problem(path, "reference", rule)
