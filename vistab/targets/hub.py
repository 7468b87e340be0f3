"""Images of a data set that Hugging Face's `datasets` loads, from its hub or from this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vistab.errors import DataError
from vistab.targets.data import DataSet
from vistab.targets.image_cache import OnPreparing, Prepared, open_cache
from vistab.targets.image_features import data_set, learnt
from vistab.targets.image_source import check_enough

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.targets import HubTarget

SAVED: Final = ("state.json", "dataset_dict.json")
"""One of these is in a folder that `save_to_disk` wrote."""


@dataclass(frozen=True)
class HubImages:
    """An `ImageSource`: the rows of a split. `rows` is a `datasets.Dataset` of one column."""

    place: str
    rows: Any
    column: str
    fingerprint: str

    @classmethod
    def of(cls, spec: HubTarget) -> HubImages:
        """Load the data set, downloading it if need be.

        DataError if `datasets` is not installed, if it cannot load the data set, or if the split or
        the column is not there or holds fewer than 100 images.
        """
        _check_installed(spec)
        import datasets

        split = _split(spec)
        _check_column(spec, split.features)
        check_enough(len(split), "split", "a split", spec.split)
        column = split.select_columns([spec.image_column])
        rows = column.cast_column(spec.image_column, datasets.Image(decode=False))
        text = f"{split._fingerprint}\0{spec.image_column}"
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        return cls(f"{spec.dataset}, {spec.split}", rows, spec.image_column, fingerprint)

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.rows)

    def name(self, index: int) -> str:
        """Which row an image is, from 0."""
        return f"row {index}"

    def read(self, index: int) -> bytes:
        """The contents of an image's file. ValueError if the row has none."""
        cell = self.rows[index][self.column]
        if cell is None:
            raise ValueError("it is empty")
        contents: bytes | None = cell["bytes"]
        return Path(cell["path"]).read_bytes() if contents is None else contents


@cache  # a process sees one state of the data set
def hub(spec: HubTarget) -> DataSet:
    """The images as a target; loaded and decoded now if they were not before.

    DataError or RequestError if they are missing, too few, broken, or copies of a few.
    """
    return data_set(open_cache(HubImages.of(spec), spec))


def prepare_hub(spec: HubTarget, on_progress: OnPreparing) -> Prepared:
    """Load and decode the images, and learn what stands in for their modes, if need be.

    Raises what `hub` raises.
    """
    made = open_cache(HubImages.of(spec), spec, on_progress)
    learnt(made, on_progress)
    return made.prepared


def hub_lacks(spec: HubTarget) -> DataError | None:
    """Why the data set cannot be learned from, as far as can be told at once; None if it can."""
    try:
        _check_installed(spec)
        folder = _folder(spec)
        if folder is not None and _is_saved(folder):
            HubImages.of(spec)
    except DataError as error:
        return error
    return None


def _check_installed(spec: HubTarget) -> None:
    try:
        version("datasets")
    except PackageNotFoundError:
        rule, nearest = "needs the package datasets", "install it: pip install 'vistab[hub]'"
        raise DataError("kind", rule, spec.kind, nearest) from None


def _folder(spec: HubTarget) -> Path | None:
    """The folder on this machine that the data set is; None if it is a name on the hub.

    DataError for a folder that would be another one elsewhere, or is not there.
    """
    given = Path(spec.dataset).expanduser()
    if not given.is_absolute():
        if given.is_dir():
            rule, nearest = (
                "a folder must be given by its whole path",
                f"nearest: {given.resolve()}",
            )
            raise DataError("dataset", rule, spec.dataset, nearest)
        return None
    if not given.is_dir():
        raise DataError("dataset", "must be a folder, or a name on the hub", spec.dataset)
    return given


def _is_saved(folder: Path) -> bool:
    return any((folder / name).exists() for name in SAVED)


def _split(spec: HubTarget) -> Any:
    """The split as a `datasets.Dataset`. DataError if it cannot be had."""
    import datasets

    folder = _folder(spec)
    try:
        if folder is not None and _is_saved(folder):
            return _saved_split(spec, datasets.load_from_disk(str(folder)))
        return datasets.load_dataset(
            str(folder or spec.dataset),
            spec.configuration,
            split=spec.split,
            revision=spec.revision,
        )
    except DataError:
        raise
    except Exception as error:  # of the network, of the hub, of the data set's files
        said = " ".join(str(error).split())
        about = "split" if said.startswith("Unknown split") else "dataset"
        value = spec.split if about == "split" else spec.dataset
        raise DataError(about, "cannot be loaded", value, said) from error


def _saved_split(spec: HubTarget, saved: Any) -> Any:
    """The split of what `save_to_disk` wrote: a mapping of splits, or a single one."""
    known = saved if isinstance(saved, dict) else {str(saved.split or "train"): saved}
    if spec.split not in known:
        raise DataError("split", "is not there", spec.split, _choices(spec.split, list(known)))
    return known[spec.split]


def _check_column(spec: HubTarget, features: Any) -> None:
    """DataError if the column is not there, or holds no images."""
    import datasets

    images = [name for name, one in features.items() if isinstance(one, datasets.Image)]
    if spec.image_column in images:
        return
    rule = "holds no images" if spec.image_column in features else "is not there"
    nearest = _choices(spec.image_column, images) if images else "no column holds images"
    raise DataError("image_column", rule, spec.image_column, nearest)


def _choices(given: str, known: Sequence[str]) -> str | None:
    from vistab.spec.problems import nearest_of

    return nearest_of(given, known)
