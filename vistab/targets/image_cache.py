"""Images decoded once and kept on the disk, so that a study's processes map them into memory.

A folder a set of images and way of fitting them: `pixels` and `images` (decoding.py), what was
learnt of them (image_features.py), and `complete.json` once all of them are there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from vistab.errors import RequestError
from vistab.targets.cache_folder import cache_folder
from vistab.targets.decoding import RECORD, decode_on, decoded
from vistab.targets.image_source import ImageSource

if TYPE_CHECKING:
    from vistab.spec.targets import FittedImages

VERSION: Final = 1
"""Of what a cache's folder holds: whoever changes that raises it, and older folders are left."""


@dataclass(frozen=True)
class Preparing:
    """How far images are: `done` of `total` are decoded, and what they have in common is learnt."""

    stage: Literal["decoding", "learning"]
    done: int
    total: int


OnPreparing = Callable[[Preparing], None]


@dataclass(frozen=True)
class Prepared:
    """A set of images that is ready: how many, and the SHA-256 (hex) of their files' contents.

    smaller: how many of them have no square of `crop` pixels, so that their largest one was taken.
    """

    n: int
    fingerprint: str
    smaller: int


@dataclass(frozen=True)
class ImageCache:
    """The folder of a set of decoded images. `shape`: channels, height and width of each.

    place: where the images come from, for messages.
    """

    folder: Path
    place: str
    shape: tuple[int, int, int]
    prepared: Prepared

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The levels [N, d] of all images, read from the disk where they are looked at."""
        size = (self.prepared.n, int(np.prod(self.shape)))
        return np.asarray(np.memmap(self.folder / "pixels", np.uint8, "r", shape=size))


def folder_of(source: ImageSource, spec: FittedImages) -> Path:
    """Where these images, fitted like this, are kept: another folder if any of it changes."""
    text = json.dumps([VERSION, source.fingerprint, _fitting(spec)], sort_keys=True)
    return cache_folder() / "images" / hashlib.sha256(text.encode()).hexdigest()[:32]


def open_cache(
    source: ImageSource, spec: FittedImages, on_progress: OnPreparing = lambda _: None
) -> ImageCache:
    """The decoded images; those that are not decoded yet are, by one process at a time.

    Stopped at any moment, it goes on from there. RequestError if images cannot be read, with their
    names, or if the cache cannot be used.
    """
    folder, total = folder_of(source, spec), len(source)

    def report(done: int) -> None:
        on_progress(Preparing("decoding", done, total))

    dimension = int(np.prod(spec.shape))
    with using(folder):
        prepared = _complete(folder, dimension)
        if prepared is None:
            with held(folder, lambda: report(decoded(folder, dimension))):
                decode_on(source, spec, folder, report)
                prepared = _conclude(source, spec, folder)
    return ImageCache(folder, source.place, spec.shape, prepared)


@contextmanager
def held(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the folder, which is made if need be, alone of all processes.

    `waiting` is called every second while another one holds it; a dead one holds nothing.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    while not lock.is_locked:
        try:
            lock.acquire(timeout=1)
        except Timeout:
            waiting()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def using(folder: Path) -> Iterator[None]:
    """RequestError, in place of OSError, if the cache cannot be written or read."""
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"{folder}: cannot be used: {error.strerror}; VISTAB_CACHE names another place"
        ) from error


def put_in_place(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file so that it is there as a whole or not at all; its folder must be held."""
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _conclude(source: ImageSource, spec: FittedImages, folder: Path) -> Prepared:
    """Vouch for a folder in which every image is decoded."""
    records = np.fromfile(folder / "images", RECORD)
    contents = hashlib.sha256(records["sha256"].tobytes()).hexdigest()
    prepared = Prepared(len(records), contents, int(records["smaller"].sum()))
    told = {
        "images": source.place,
        "listing": source.fingerprint,
        "fitting": _fitting(spec),
        "prepared": asdict(prepared),
    }
    text = json.dumps(told, indent=1).encode()
    put_in_place(folder / "complete.json", lambda file: file.write(text))
    return prepared


def _complete(folder: Path, dimension: int) -> Prepared | None:
    """What complete.json says; None if it is not there, or the images are no longer."""
    path = folder / "complete.json"
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    prepared = Prepared(**told["prepared"])
    return prepared if decoded(folder, dimension) == prepared.n else None


def _fitting(spec: FittedImages) -> dict[str, Any]:
    return spec.model_dump(mode="json", include={"crop", "size", "resample", "channels"})
