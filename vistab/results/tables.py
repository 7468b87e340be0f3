"""Parquet files: written atomically, with checksums; read without threads, and never half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vistab.errors import ResultsError
from vistab.results.files import write_atomically
from vistab.results.integrity import Kept, read_kept


def read_table(
    path: Path, columns: Sequence[str] | None = None, kept: Kept | None = None
) -> pa.Table:
    """Read a Parquet file, or some of its columns.

    kept: what is known of its content. ResultsError if it is not that, or cannot be read.
    Not by pq.read_table or pandas.read_parquet: these scan with threads of Arrow's own, which may
    still let go of Python objects while the interpreter ends, and then abort the process.
    """
    source = pa.BufferReader(read_kept(path, kept))
    with _told(path), pq.ParquetFile(source, page_checksum_verification=True) as file:
        return file.read(columns=columns, use_threads=False)


def read_frame(
    path: Path, columns: Sequence[str] | None = None, kept: Kept | None = None
) -> pd.DataFrame:
    """The same as a pandas frame."""
    table = read_table(path, columns, kept)
    with _told(path):
        frame: pd.DataFrame = table.to_pandas(use_threads=False)
    return frame


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever Arrow makes of a damaged file is told by the file's name."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise ResultsError(f"{path}: cannot be read: {said}") from error


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file, atomically; every page has its checksum."""
    write_atomically(
        path,
        lambda file: pq.write_table(table, file, compression="zstd", write_page_checksum=True),
    )


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
