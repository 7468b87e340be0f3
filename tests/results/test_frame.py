"""Reading a results folder."""

from pathlib import Path

import numpy as np
import pandas as pd

from vistab.results.frame import Results


def test_a_run_whose_id_has_dots_finds_its_own_samples_and_pictures(tmp_path: Path) -> None:
    """Arms of a search are named `search.best`; what else is kept of a run follows a dot too."""
    kept = {
        "rounds": [1, 2],
        "search.best-r000": [10, 11],
        "search.best-r000.codes": [20, 21],
        "search.best-r001": [30, 31],
    }
    (tmp_path / "samples").mkdir()
    np.savez(tmp_path / "samples" / "p0.npz", **{name: np.array(one) for name, one in kept.items()})
    ids = ["search.best-r000", "search.best-r001", "search.best-r002"]
    runs = pd.DataFrame({"run_id": ids, "pack": "p0"})
    runs.to_parquet(tmp_path / "runs.parquet")
    results = Results(tmp_path)
    first, second = results.samples(ids[0]), results.samples(ids[1])
    assert first is not None
    assert second is not None
    assert (first[0].tolist(), first[1].tolist()) == ([1, 2], [10, 11])
    assert second[1].tolist() == [30, 31]
    assert results.samples(ids[2]) is None
    pictures = results.pictures(ids[0])
    assert {name: one.tolist() for name, one in pictures.items()} == {"codes": [20, 21]}
    assert results.pictures(ids[1]) == {}
