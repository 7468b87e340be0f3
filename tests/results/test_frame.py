"""Reading a results folder."""

from pathlib import Path

import numpy as np
import pandas as pd

from vistab.errors import ResultsError
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


def test_samples_of_other_targets_are_given_as_they_were_kept(tmp_path: Path) -> None:
    """And so are those of folders that are older than images as levels."""
    (tmp_path / "samples").mkdir()
    shots = np.array([[[0.5, -2.0], [np.nan, np.inf]]], dtype=np.float16)
    np.savez(tmp_path / "samples" / "p0.npz", rounds=np.array([3]), a=shots)
    pd.DataFrame({"run_id": ["a"], "pack": "p0"}).to_parquet(tmp_path / "runs.parquet")
    found = Results(tmp_path).samples("a")
    assert found is not None
    assert found[1].dtype == np.float16
    np.testing.assert_array_equal(found[1], shots)


def test_all_256_levels_go_from_minus_one_to_one_in_equal_steps(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    shots = np.arange(256, dtype=np.uint8).reshape(1, 4, 64)
    np.savez(tmp_path / "samples" / "p0.npz", rounds=np.array([3]), a=shots)
    pd.DataFrame({"run_id": ["a"], "pack": "p0"}).to_parquet(tmp_path / "runs.parquet")
    found = Results(tmp_path).samples("a")
    assert found is not None
    np.testing.assert_allclose(found[1].ravel(), np.linspace(-1, 1, 256), atol=1e-6)


def test_a_damaged_archive_of_samples_is_refused_by_name_or_read_as_it_was(tmp_path: Path) -> None:
    """Of a folder without hashes, too: each array in an archive has a checksum of its own."""
    (tmp_path / "samples").mkdir()
    path, rng = tmp_path / "samples" / "p0.npz", np.random.default_rng(0)
    shots = rng.standard_normal((2, 5, 2)).astype(np.float16)
    np.savez_compressed(path, rounds=np.array([3, 4]), a=shots)
    pd.DataFrame({"run_id": ["a"], "pack": "p0"}).to_parquet(tmp_path / "runs.parquet")
    whole, refused = path.read_bytes(), 0
    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 1 << at % 8
        path.write_bytes(content if at % 5 else whole[:at])
        try:
            found = Results(tmp_path).samples("a")
        except ResultsError as error:
            refused += str(error).startswith(f"{path}: cannot be read")
        else:
            assert found is None or np.array_equal(found[1], shots)
    assert refused > len(whole) // 4
