"""Parquet files: written atomically, read without threads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vistab.results.files import write_atomically


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a Parquet file, or some of its columns.

    Not by pq.read_table or pandas.read_parquet: these scan with threads of Arrow's own, which may
    still let go of Python objects while the interpreter ends, and then abort the process.
    """
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns, use_threads=False)


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The same as a pandas frame."""
    frame: pd.DataFrame = read_table(path, columns).to_pandas(use_threads=False)
    return frame


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file, atomically."""
    write_atomically(path, lambda file: pq.write_table(table, file, compression="zstd"))


def table_of(frame: pd.DataFrame, *, float32: bool = False) -> pa.Table:
    """The frame as an Arrow table without its index; `float32` narrows floats and lists."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if not float32:
        return table
    narrow = [field.with_type(_narrowed(field.type)) for field in table.schema]
    return table.cast(pa.schema(narrow)).replace_schema_metadata(None)


def _narrowed(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_narrowed(kind.value_type))
    return pa.float32() if pa.types.is_floating(kind) else kind
