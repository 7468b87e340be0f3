"""The JPEG and PNG images below a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vistab.errors import DataError
from vistab.targets.data import DataSet
from vistab.targets.image_cache import OnPreparing, Prepared, open_cache
from vistab.targets.image_features import data_set, learnt
from vistab.targets.image_source import check_enough

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import ImageFolderTarget

ENDINGS: Final = (".jpg", ".jpeg", ".png")
"""Of images' names, in small letters or capitals."""


@dataclass(frozen=True)
class FolderImages:
    """An `ImageSource`: files below the folder `root`, in the order of their relative paths."""

    root: Path
    names: tuple[str, ...]
    fingerprint: str

    @classmethod
    def of(cls, spec: ImageFolderTarget) -> FolderImages:
        """Look for the images. DataError if the folder is not there, or holds fewer than 100.

        Names that begin with a dot are passed over, of folders too, and so are links to folders.
        """
        root = Path(spec.path)
        if not root.is_dir():
            raise DataError("path", "must be a folder with images", spec.path, _nearest(root))
        try:
            files = dict(sorted(_listed(root)))
        except OSError as error:
            raise DataError("path", f"{error.filename} cannot be read: {error.strerror}") from error
        check_enough(len(files), "path", "a folder", spec.path)
        lines = (f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n" for name, stat in files.items())
        text = "".join(lines).encode(errors="surrogateescape")
        return cls(root, tuple(files), hashlib.sha256(text).hexdigest())

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.root)

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.names)

    def name(self, index: int) -> str:
        """Path of an image below the folder."""
        return self.names[index]

    def read(self, index: int) -> bytes:
        """The contents of a file."""
        return (self.root / self.names[index]).read_bytes()


@cache  # a process sees one state of the folder
def image_folder(spec: ImageFolderTarget) -> DataSet:
    """The images as a target; decoded now if they were not before.

    DataError or RequestError if they are missing, too few, broken, or copies of a few.
    """
    return data_set(open_cache(FolderImages.of(spec), spec))


def prepare_image_folder(spec: ImageFolderTarget, on_progress: OnPreparing) -> Prepared:
    """Decode the images and learn what stands in for their modes, if that was not done before.

    Raises what `image_folder` raises.
    """
    made = open_cache(FolderImages.of(spec), spec, on_progress)
    learnt(made, on_progress)
    return made.prepared


def image_folder_lacks(spec: ImageFolderTarget) -> DataError | None:
    """Why the folder cannot be learned from, as far as its listing tells; None if it can."""
    try:
        FolderImages.of(spec)
    except DataError as error:
        return error
    return None


def _listed(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Relative path, with slashes, and state of every image below a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _listed(Path(entry.path), f"{prefix}{entry.name}/")
            elif entry.name.lower().endswith(ENDINGS) and entry.is_file():
                yield f"{prefix}{entry.name}", entry.stat()


def _nearest(missing: Path) -> str | None:
    """The folder that has a name like the missing one's, or like that of the one above it."""
    from vistab.spec.problems import similar  # the loader of study files has it in memory already

    if not missing.parent.is_dir():
        return _nearest(missing.parent)
    beside = (path.name for path in missing.parent.iterdir() if path.is_dir())
    closest = similar(missing.name, beside)
    return f"nearest: {missing.parent / closest}" if closest else None
