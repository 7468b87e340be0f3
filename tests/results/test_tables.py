"""Parquet files: what is written comes back, and no thread outlives the reading."""

import subprocess
import sys

import pandas as pd

from vistab.results.tables import read_frame, read_table, table_of, write_table

WITHOUT_SCANNER = """
import sys
sys.modules["pyarrow.dataset"] = None  # importing it now fails
from pathlib import Path
from vistab.results.tables import read_frame
print(len(read_frame(Path(sys.argv[1]))))
"""


def test_a_frame_comes_back_with_its_types(tmp_path):
    """Nullable whole numbers, lists and missing values included; columns can be picked."""
    frame = pd.DataFrame({"n": [1, None], "x": [0.5, None], "word": ["a", None]})
    frame["n"] = frame["n"].astype("Int64")
    write_table(tmp_path / "t.parquet", table_of(frame))
    pd.testing.assert_frame_equal(read_frame(tmp_path / "t.parquet"), frame)
    assert read_table(tmp_path / "t.parquet", ["x"]).column_names == ["x"]


def test_reading_uses_no_scanner_whose_threads_outlive_it(tmp_path):
    """Arrow's scanner can abort a process that ends soon after reading."""
    write_table(tmp_path / "t.parquet", table_of(pd.DataFrame({"n": [1, 2, 3]})))
    command = [sys.executable, "-c", WITHOUT_SCANNER, str(tmp_path / "t.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"
