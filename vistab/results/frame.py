"""Reading a results folder as tidy tables, on any machine: neither torch nor ray is needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.errors import ResultsError
from vistab.plan.trials import Trial
from vistab.results.files import read_json
from vistab.results.search_log import log_of
from vistab.results.tables import read_frame

Samples = tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Results:
    """A study's results. Tables are read when first asked for, then kept."""

    folder: Path

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per planned run: arm, replicate, axis columns, status, outcome, metrics."""
        return read_frame(self.folder / "runs.parquet")

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row per run and snapshot: losses, gradient norms, displacement, signals."""
        return read_frame(self.folder / "history.parquet")

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """A row per claim; empty before the study was judged."""
        path = self.folder / "verdicts.json"
        return pd.DataFrame(read_json(path) if path.exists() else [])

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """How, when and with what the results were made, and what was declared before."""
        provenance: dict[str, Any] = read_json(self.folder / "provenance.json")
        return provenance

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
        path = self.folder / "samples" / f"{packs.iloc[0]}.npz" if len(packs) else None
        if path is None or not path.exists():
            return {}
        with np.load(path) as archive:
            mine = (name for name in archive if f"{name}.".startswith((f"{run_id}.", "rounds.")))
            return {name: archive[name] for name in mine}


def _values(stored: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Levels 0 to 255 of images as -1 to 1; all else as it is."""
    if stored.dtype != np.uint8:
        return stored
    return stored.astype(np.float32) * np.float32(2 / 255) - np.float32(1)


def load(path: str | Path) -> Results:
    """Open a results folder. ResultsError if `path` holds no results."""
    folder = Path(path)
    for name in ("runs.parquet", "history.parquet", "provenance.json", "study.yaml"):
        if not (folder / name).exists():
            raise ResultsError(f"{folder}: not a results folder, or an unfinished one: no {name}")
    return Results(folder)
