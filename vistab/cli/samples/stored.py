"""Arrays in .npy and .npz files, read piece by piece: a file may be larger than memory.

No pickle is ever loaded: only the header (`numpy.lib.format`) and plain numbers are read.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from vistab.cli.samples.problems import Found, SamplesError, Shape, problem, show_shape
from vistab.errors import Problem
from vistab.spec.problems import nearest_of

Floats = npt.NDArray[np.floating[Any]]

_UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, RuntimeError),  # RuntimeError: encrypted, or
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),  # compressed in an unknown way
)


@dataclass(frozen=True)
class StoredArray:
    """An array of numbers in a file, of which the header alone was read.

    name: the array's, or that of the .npy file. member: its entry in an archive; None if it is
    the file. start: the byte at which its numbers begin.
    """

    file: Path
    name: str
    member: str | None
    shape: Shape
    dtype: np.dtype[Any]
    start: int

    def pieces(self, ranges: Iterable[tuple[int, int]], shape: Shape) -> Iterator[Floats]:
        """Read pieces [count, *shape], each given by its first item and its count, in file order.

        An item is `shape`, the array's last axes: pieces of [T, n, d] are counted in samples [d].
        Integers become floats that hold them. SamplesError when the file does not hold them.
        """
        size = prod(shape) * self.dtype.itemsize
        try:
            with _stream(self.file, self.member) as stream:
                for first, count in ranges:
                    stream.seek(self.start + first * size)
                    yield self._numbers(stream.read(count * size), (count, *shape))
        except _UNREADABLE as error:
            raise SamplesError(str(_damaged(self.file, self.name, error))) from error

    def whole(self) -> Floats:
        """All of a small array."""
        (every,) = self.pieces([(0, 1)], self.shape)
        result: Floats = every[0]
        return result

    def _numbers(self, data: bytes, shape: Shape) -> Floats:
        if len(data) < prod(shape) * self.dtype.itemsize:
            raise SamplesError(str(_cut_short(self.file, self.name, self.shape)))
        numbers = np.frombuffer(data, self.dtype).reshape(shape)
        return numbers.astype(np.result_type(self.dtype, np.float32))


@dataclass(frozen=True)
class Archive:
    """An .npz file, of which the names of its arrays were read."""

    file: Path
    names: tuple[str, ...]

    def array(self, name: str, found: Found) -> StoredArray | None:
        """The array of that name; None if it is not there, or cannot be used (then in `found`)."""
        return _open(self.file, name, f"{name}.npy", found) if name in self.names else None

    def required(self, name: str, known: Iterable[str], found: Found) -> StoredArray | None:
        """The same, and its absence is a problem, with the unknown name that is nearest."""
        if name not in self.names:
            others = sorted(set(self.names) - set(known))
            found.append(problem(self.file, name, "is missing", None, nearest_of(name, others)))
        return self.array(name, found)


def open_archive(file: Path, found: Found) -> Archive | None:
    """The .npz file; None if it cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.namelist()
    except _UNREADABLE as error:
        found.append(_damaged(file, "file", error))
        return None
    return Archive(file, tuple(m.removesuffix(".npy") for m in members if m.endswith(".npy")))


def open_array(file: Path, found: Found) -> StoredArray | None:
    """The array of an .npy file; None if it cannot be used."""
    return _open(file, "array", None, found)


def _open(file: Path, name: str, member: str | None, found: Found) -> StoredArray | None:
    try:
        with _stream(file, member) as stream:
            shape, fortran, dtype = _header(stream)
            array = StoredArray(file, name, member, shape, dtype, stream.tell())
            wrong = _unusable(array, fortran) or _incomplete(array, _size(file, member))
    except _UNREADABLE as error:
        wrong = _damaged(file, name, error)
    if wrong is not None:
        found.append(wrong)
        return None
    return array


def _header(stream: IO[bytes]) -> tuple[Shape, bool, np.dtype[Any]]:
    """Shape, whether in Fortran order, and type of the numbers."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise ValueError(f"version {version} of the format has named fields")


def _unusable(array: StoredArray, fortran: bool) -> Problem | None:
    rule = value = None
    if array.dtype.hasobject:
        rule = "holds Python objects, which are never loaded: save one array of numbers"
    elif array.dtype.kind not in "biuf":
        rule, value = "must hold numbers", str(array.dtype)
    elif fortran:
        rule = "must be in C order, to be read piece by piece: save np.ascontiguousarray(...)"
    return None if rule is None else problem(array.file, array.name, rule, value)


def _incomplete(array: StoredArray, size: int) -> Problem | None:
    promised = array.start + prod(array.shape) * array.dtype.itemsize
    if min(array.shape, default=0) >= 0 and promised <= size:
        return None
    return _cut_short(array.file, array.name, array.shape)


def _size(file: Path, member: str | None) -> int:
    if member is None:
        return file.stat().st_size
    with zipfile.ZipFile(file) as archive:
        return archive.getinfo(member).file_size


@contextmanager
def _stream(file: Path, member: str | None) -> Iterator[IO[bytes]]:
    """The bytes of an .npy file, or of one in an archive."""
    with ExitStack() as stack:
        if member is None:
            yield stack.enter_context(open(file, "rb"))
        else:
            archive = stack.enter_context(zipfile.ZipFile(file))
            yield stack.enter_context(archive.open(member))


def _damaged(file: Path, name: str, error: Exception) -> Problem:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return problem(file, name, f"cannot be read: {' '.join(str(reason).split())}")


def _cut_short(file: Path, name: str, shape: Shape) -> Problem:
    rule = f"ends early: its header promises {show_shape(shape)}, and the file holds less"
    return problem(file, name, rule)
