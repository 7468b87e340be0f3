"""Data that a run should cover, in an array or in image files."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from vistab.cli.samples.images import PixelFormat, images_in
from vistab.cli.samples.limits import used_reference
from vistab.cli.samples.problems import Found, Shape, problem, show_shape
from vistab.cli.samples.stored import Archive, Floats, StoredArray, open_archive, open_array


@dataclass(frozen=True)
class ArrayData:
    """Reference data in an array [m, ...]."""

    array: StoredArray

    @property
    def file(self) -> Path:
        """The file that holds it."""
        return self.array.file

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self.array.shape[1:]

    def __len__(self) -> int:
        return self.array.shape[0]

    def read(self, _: PixelFormat | None) -> Floats:
        """The samples [m, ...] that are used."""
        chosen = used_reference(len(self), self.shape)
        return np.concatenate(list(self.array.pieces(((int(i), 1) for i in chosen), self.shape)))


@dataclass(frozen=True)
class ImageData:
    """Reference data in image files, all of other content. copies: files that were left out."""

    file: Path
    images: tuple[Path, ...]
    copies: int

    def __len__(self) -> int:
        return len(self.images)

    def read(self, images: PixelFormat | None) -> Floats:
        """The samples [m, ...] that are used."""
        assert images is not None
        return images.read([self.images[i] for i in used_reference(len(self), images.shape)])


Data = ArrayData | ImageData


def read_data(path: Path, found: Found) -> Data | None:
    """The data in a folder of images (at any depth), an .npz or an .npy; None if of no use."""
    if not path.exists():
        found.append(problem(path, "--reference", "must be a file or folder that is there"))
        return None
    if path.is_dir():
        return _image_data(path, found)
    if zipfile.is_zipfile(path):
        archive = open_archive(path, found)
        array = None if archive is None else _only(archive, found)
    else:
        array = open_array(path, found)
    return None if array is None else array_data(array, found)


def _image_data(folder: Path, found: Found) -> ImageData | None:
    """The images below a folder, but for what is hidden: folders of tools hold copies."""
    seen = (path for path in folder.rglob("*") if not _hidden(path.relative_to(folder)))
    images = images_in(seen)
    if not images:
        found.append(problem(folder, "images", "must be png, jpg, bmp or webp files", "none"))
        return None
    different = _different(images)
    return ImageData(folder, different, len(images) - len(different))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _different(files: Sequence[Path]) -> tuple[Path, ...]:
    """The first file of each content; contents are read where sizes are equal alone."""
    sizes = Counter(file.stat().st_size for file in files)
    known: dict[object, Path] = {}
    for file in files:
        alone = sizes[file.stat().st_size] == 1
        known.setdefault(file if alone else sha256(file.read_bytes()).digest(), file)
    return tuple(known.values())


def array_data(array: StoredArray, found: Found) -> ArrayData | None:
    """The array as data; None if its shape is not [m, ...]."""
    if len(array.shape) < 2 or 0 in array.shape:
        rule = "must be [m, ...], m samples"
        found.append(problem(array.file, array.name, rule, show_shape(array.shape)))
        return None
    return ArrayData(array)


def _only(archive: Archive, found: Found) -> StoredArray | None:
    """The array `reference`, or the only one there is."""
    if len(archive.names) == 1:
        return archive.array(archive.names[0], found)
    return archive.required("reference", (), found)
