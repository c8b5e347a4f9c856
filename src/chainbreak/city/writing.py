"""Files of the city, each written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary neighbour of `path` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """`content` as the file `path`."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def write_tables(path: Path, tables: Iterable[pa.Table]) -> int:
    """Tables of one schema as the row groups of one Parquet file; returns rows. Nothing is written without tables."""
    parts = iter(tables)
    first = next(parts, None)
    if first is None:
        return 0
    rows = 0
    with (
        whole_file(path) as temporary,
        pq.ParquetWriter(temporary, first.schema, compression="zstd", compression_level=1) as writer,
    ):
        for table in chain([first], parts):
            writer.write_table(table)
            rows += table.num_rows
    return rows


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Rows as newline-delimited JSON in UTF-8; returns rows. Nothing is written when there are none."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    if lines:
        write_bytes(path, "".join(line + "\n" for line in lines).encode())
    return len(lines)
