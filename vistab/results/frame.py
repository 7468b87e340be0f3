"""Reading a results folder as tidy tables, on any machine: neither torch nor ray is needed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.errors import ResultsError
from vistab.plan.trials import Trial
from vistab.results.files import read_json
from vistab.results.integrity import (
    HISTORY,
    RUNS,
    STUDY,
    VERDICTS,
    Kept,
    check_needed,
    damage,
    read_kept,
)
from vistab.results.provenance import NAME as PROVENANCE
from vistab.results.provenance import read_provenance
from vistab.results.sealed import FILES
from vistab.results.search_log import log_of
from vistab.results.tables import read_frame
from vistab.results.whole import check_history, check_runs

Samples = tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Results:
    """A study's results. Tables are read when first asked for, then kept.

    ResultsError, by the file's name, if one is not what was written. without: packs whose samples
    are taken as not kept.
    """

    folder: Path
    without: frozenset[str] = frozenset()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per planned run: arm, replicate, axis columns, status, outcome, metrics."""
        runs = read_frame(self.folder / RUNS, kept=self._kept(RUNS))
        check_runs(runs, self.folder / RUNS)
        return runs

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row per run and snapshot: losses, gradient norms, displacement, signals."""
        history = read_frame(self.folder / HISTORY, kept=self._kept(HISTORY))
        check_history(self.runs, history, self.folder / HISTORY)
        return history

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """A row per claim; empty before the study was judged."""
        path, kept = self.folder / VERDICTS, self._kept(VERDICTS)
        if told := damage(path, kept):
            raise ResultsError(f"{told}\nvistab report {self.folder} writes it again")
        return pd.DataFrame(read_json(path) if path.exists() else [])

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """How, when and with what the results were made, and what was declared before."""
        return read_provenance(self.folder)

    def _kept(self, name: str) -> Kept | None:
        return self._files.get(name)

    @cached_property
    def _files(self) -> Mapping[str, Kept]:
        """Hashes of the files; {} where none were kept."""
        there = (self.folder / PROVENANCE).exists()
        return self.provenance.get(FILES, {}) if there else {}

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The tables of which no hash was kept, so that nobody can tell if they were changed."""
        return tuple(name for name in (RUNS, HISTORY) if name not in self._files)

    @cached_property
    def lost_samples(self) -> Mapping[str, str]:
        """Why the samples of a pack are lost, by pack; no verdict needs any."""
        files = (name for name in self._files if name.startswith("samples/"))
        told = {Path(name).stem: damage(self.folder / name, self._kept(name)) for name in files}
        return {pack: why for pack, why in told.items() if why is not None}

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """What the study's search suggested and what came of it; () without a search."""
        return log_of(self.folder).trials()

    @property
    def study_file(self) -> Path:
        """The study as resolved, with every default spelt out."""
        return self.folder / "study.yaml"

    def samples(self, run_id: str) -> Samples | None:
        """Film strip of a run: (rounds [T], samples [T, n, d]); None if none was kept.

        Images are kept as 256 levels, and given as float32 from -1 to 1; a level in the middle
        stands for pixels that were not finite.
        """
        kept = self.stored(run_id)
        return (kept["rounds"], _values(kept[run_id])) if run_id in kept else None

    def pictures(self, run_id: str) -> dict[str, npt.NDArray[np.generic]]:
        """What else was kept of a run at the rounds of its film strip; {} if nothing was.

        Of families with an encoder `codes` [T, n, latent_dim], `reconstructions` [T, n, d] and
        `cycled` [T, n, latent_dim]; and `originals` [n, d], the data that codes are of. Of images
        `nearest` [T, 16, d], the data nearest to the first samples, how far these are from them,
        `nearest_distance` [T, 16] (root mean square over pixels), and that of 64 real images from
        the nearest other one, `real_distance` [1, 64]; of large data sets at the last round alone,
        [1, 16, d] and [1, 16]. Images are floats, as in `samples`.
        """
        prefix = f"{run_id}."
        kept = self.stored(run_id).items()
        mine = {name.removeprefix(prefix): one for name, one in kept if name.startswith(prefix)}
        return {name: _values(one) for name, one in mine.items()}

    def stored(self, run_id: str) -> dict[str, npt.NDArray[np.generic]]:
        """What was kept of a run, as it is stored in its pack's archive, with `rounds`; or {}."""
        packs = self.runs.loc[self.runs["run_id"] == run_id, "pack"]
        pack = packs.iloc[0] if len(packs) else None
        name = f"samples/{pack}.npz"
        if pack in self.without or (name not in self._files and not (self.folder / name).exists()):
            return {}
        arrays = _arrays(self.folder / name, self._kept(name))
        mine = (one for one in arrays if f"{one}.".startswith((f"{run_id}.", "rounds.")))
        return {one: arrays[one] for one in mine}


UNREADABLE: Final = (
    *(OSError, EOFError, BadZipFile, zlib.error, ValueError, TypeError, KeyError),
    *(AttributeError, RuntimeError, MemoryError),
)
"""Whatever numpy and zipfile make of a damaged archive."""


def _arrays(path: Path, kept: Kept | None) -> dict[str, npt.NDArray[np.generic]]:
    """All arrays of an archive. ResultsError if it is not what was written, or cannot be read."""
    content = read_kept(path, kept)
    try:
        with np.load(io.BytesIO(content)) as archive:
            return dict(archive)
    except UNREADABLE as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error


def _values(stored: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Levels 0 to 255 of images as -1 to 1; all else as it is."""
    if stored.dtype != np.uint8:
        return stored
    return stored.astype(np.float32) * np.float32(2 / 255) - np.float32(1)


def load(path: str | Path) -> Results:
    """Open a results folder. ResultsError if `path` holds no results, or changed ones."""
    folder = Path(path)
    for name in (RUNS, HISTORY, PROVENANCE, STUDY):
        if not (folder / name).exists() and not _is_known(folder, name):
            raise ResultsError(f"{folder}: not a results folder, or an unfinished one: no {name}")
    results = Results(folder)
    check_needed(folder, results.provenance)
    return results


def _is_known(folder: Path, name: str) -> bool:
    """Whether the file was there once."""
    return (folder / PROVENANCE).exists() and name in read_provenance(folder).get(FILES, {})
