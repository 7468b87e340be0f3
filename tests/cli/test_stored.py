"""Arrays are read piece by piece exactly as numpy has them, and nothing broken gets through."""

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from vistab.cli.samples.problems import SamplesError
from vistab.cli.samples.run import read_run
from vistab.cli.samples.stored import open_archive, open_array

NUMBERS = st.one_of(
    st_np.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    st_np.integer_dtypes(endianness="?"),
    st_np.unsigned_integer_dtypes(endianness="?"),
    st_np.boolean_dtypes(),
)
SHAPES = st_np.array_shapes(min_dims=3, max_dims=5, max_side=4)


@given(st_np.arrays(NUMBERS, SHAPES), st.booleans(), st.integers(1, 4))
def test_pieces_of_an_archive_are_what_numpy_loads(array, compressed, used):
    """Whatever the type and shape; the first samples of each, in a float that holds them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.npz"
        (np.savez_compressed if compressed else np.savez)(file, other=[1.0], samples=array)
        found = []
        stored = open_archive(file, found).array("samples", found)
        n, shape = array.shape[1], array.shape[2:]
        used = min(used, n)
        pieces = stored.pieces(((t * n, used) for t in range(len(array))), shape)
        read = np.stack(list(pieces))
        whole = stored.whole()
        loaded = np.load(file)["samples"]
    assert not found
    assert read.dtype in (np.float32, np.float64)
    exact = loaded.astype(read.dtype)
    np.testing.assert_array_equal(read, exact[:, :used])
    np.testing.assert_array_equal(whole, exact)


@given(st_np.arrays(NUMBERS, SHAPES))
def test_the_array_of_an_npy_file_is_what_numpy_loads(array):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "step_1.npy"
        np.save(file, array)
        whole = open_array(file, []).whole()
    np.testing.assert_array_equal(whole, array.astype(whole.dtype))


def test_an_archive_is_read_without_loading_it(tmp_path, monkeypatch):
    """Never more than one piece is asked for at a time."""
    file = tmp_path / "run.npz"
    np.savez(file, samples=np.zeros((50, 100, 10)))
    asked = []
    read = zipfile.ZipExtFile.read

    def counted(self, n=-1):
        asked.append(n)
        return read(self, n)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    stored = open_archive(file, []).array("samples", [])
    for _ in stored.pieces(((100 * t, 100) for t in range(50)), (10,)):
        pass
    assert -1 not in asked
    assert max(asked) <= max(8 * 100 * 10, zipfile.ZipExtFile.MAX_SEEK_READ)


def npz(tmp_path, rng):
    file = tmp_path / "run.npz"
    samples = rng.standard_normal((4, 20, 2)).astype("f4")
    reference = rng.standard_normal((120, 2))
    np.savez_compressed(file, rounds=[1, 2, 3, 4], samples=samples, reference=reference)
    return file


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_archive_is_refused_or_read_as_it_was(tmp_path, seed):
    """Bytes are changed or cut off at random: never a traceback, never other samples."""
    rng = np.random.default_rng(seed)
    file = npz(tmp_path, rng)
    with np.load(file) as saved:
        samples = saved["samples"]
    data = bytearray(file.read_bytes())
    for place in rng.integers(len(data), size=3):
        data[place] = rng.integers(256)
    file.write_bytes(bytes(data[: None if seed % 3 else rng.integers(len(data))]))
    try:
        read = list(read_run(file, None, None).samples)
    except SamplesError as error:
        read, told = None, str(error)
    if read is None:
        assert told.startswith(f"{file}: ")
    else:
        np.testing.assert_array_equal(np.stack(read), samples)


def test_an_archive_whose_header_promises_more_than_there_is_is_refused(tmp_path):
    """Before anything is set aside for it."""
    file = tmp_path / "run.npz"
    header = io.BytesIO()
    description = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**9, 10**9)}
    np.lib.format.write_array_header_1_0(header, description)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("samples.npy", header.getvalue() + bytes(100))
    found = []
    assert open_archive(file, found).array("samples", found) is None
    (problem,) = found
    assert "samples: ends early: its header promises [1000000000, 10000" in str(problem)
