"""Decoding images on all cores, in their order, onto the end of two files: stopped, it goes on.

`pixels` holds a row of levels an image; `images` a record each of what was read. Both only grow,
and a record is written once its row is on the disk, so what is there is there for good.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, TypeVar

import numpy as np

from vistab.errors import RequestError
from vistab.targets.fit import Fitted, fit
from vistab.targets.image_source import ImageSource

if TYPE_CHECKING:
    from vistab.spec.targets import FittedImages

RECORD: Final = np.dtype([("sha256", "V32"), ("smaller", "?")])
"""Of one image: the hash of its file's contents, and `Fitted.smaller`."""

AHEAD: Final = 64
"""Images that are decoded before the first of them is waited for."""

SECONDS_KEPT: Final = 1.0
"""What a kill can cost: this long's images are decoded again."""

NAMED: Final = 5
"""Broken images that are named; the others are counted."""

Item = TypeVar("Item")
Made = TypeVar("Made")


def decoded(folder: Path, dimension: int) -> int:
    """How many images are decoded already, each `dimension` levels long."""
    rows, records = _size(folder / "pixels"), _size(folder / "images")
    return min(rows // dimension, records // RECORD.itemsize)


def decode_on(
    source: ImageSource, spec: FittedImages, folder: Path, on_progress: Callable[[int], None]
) -> None:
    """Decode the images of `source` that `folder` does not hold yet; reports how many there are.

    RequestError, naming them, if some cannot be read: only those before the first are kept.
    """
    dimension = int(np.prod(spec.shape))
    done = decoded(folder, dimension)
    on_progress(done)
    broken = _Broken(source)
    with _appending(folder, done, dimension) as files:
        results = in_order(lambda index: _decode(source, spec, index), range(done, len(source)))
        for index, result in enumerate(results, start=done):
            if isinstance(result, Exception):
                broken.add(index, result)
            elif not broken.count:
                files.append(*result)
            on_progress(index + 1)
    broken.raise_if_any()


def in_order(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """What `make` makes of each item, in their order, made by all cores a little ahead."""
    pool = ThreadPoolExecutor()
    waiting: deque[Future[Made]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


Decoded = tuple[bytes, Fitted]


def _decode(source: ImageSource, spec: FittedImages, index: int) -> Decoded | Exception:
    """The hash of an image's file and its levels; or what is wrong with it."""
    from PIL import Image

    try:
        contents = source.read(index)
        with Image.open(io.BytesIO(contents)) as image:
            return hashlib.sha256(contents).digest(), fit(image, spec)
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        return error


class _Files:
    """`pixels` and `images`, to which images are appended; on the disk every second."""

    def __init__(self, pixels: IO[bytes], images: IO[bytes]) -> None:
        self._pixels, self._images = pixels, images
        self._records: list[tuple[bytes, bool]] = []
        self._kept = time.monotonic()

    def append(self, sha256: bytes, fitted: Fitted) -> None:
        """Take one image in."""
        self._pixels.write(fitted.levels.tobytes())
        self._records.append((sha256, fitted.smaller))
        if time.monotonic() - self._kept >= SECONDS_KEPT:
            self.keep()

    def keep(self) -> None:
        """Bring everything to the disk: first the levels, then the records that vouch for them."""
        _to_disk(self._pixels)
        self._images.write(np.array(self._records, RECORD).tobytes())
        _to_disk(self._images)
        self._records, self._kept = [], time.monotonic()


@contextmanager
def _appending(folder: Path, done: int, dimension: int) -> Iterator[_Files]:
    """The two files, cut back to the images that are done; what is appended is kept at the end."""
    with open(folder / "pixels", "ab") as pixels, open(folder / "images", "ab") as images:
        pixels.truncate(done * dimension)
        images.truncate(done * RECORD.itemsize)
        files = _Files(pixels, images)
        try:
            yield files
        finally:
            files.keep()


@dataclass
class _Broken:
    """The images that cannot be read: the first few by name, and how many there are."""

    source: ImageSource
    named: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, index: int, error: Exception) -> None:
        """Take one in, with what was raised."""
        self.count += 1
        if len(self.named) < NAMED:
            said = " ".join(str(error).split()) or type(error).__name__
            self.named.append(f"{self.source.name(index)}: {said}")

    def raise_if_any(self) -> None:
        """RequestError that names them."""
        if not self.count:
            return
        head = (
            f"{self.source.place}: {self.count:,} of {len(self.source):,} images cannot be read; "
            "repair them or take them away:"
        )
        more = self.count - len(self.named)
        rest = [f"  and {more:,} more"] if more else []
        raise RequestError("\n".join([head, *(f"  {line}" for line in self.named), *rest]))


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
