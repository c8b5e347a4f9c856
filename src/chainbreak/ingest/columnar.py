"""Parquet files and XLSX workbooks: typed sources, handed on as text so that one set of rules judges every file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import InputError
from chainbreak.ingest.chunks import Chunk, nothing_in, refuse_duplicates, text_table
from chainbreak.ingest.limits import Limits

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetReader:
    """One Parquet file; a chunk is a batch of rows."""

    fault: InputError | None = None

    def __init__(self, path: Path, limits: Limits) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as e:
            raise InputError("CB-IN-007", "the file is no Parquet file", given=f"{path.name}: {str(e)[:120]}",
                             next_step="fetch it again, or name it by what it is") from None  # fmt: skip
        self.path, self._limits = path, limits
        self.names = refuse_duplicates(list(self._file.schema_arrow.names))
        if not self._file.metadata.num_rows:
            raise nothing_in(path)

    def chunks(self) -> Iterator[Chunk]:
        """The rows in file order; a damaged row group ends the file with `fault` set."""
        import numpy as np
        import pyarrow as pa

        at, total, size = 0, self._file.metadata.num_rows, self.path.stat().st_size
        batches = self._file.iter_batches(self._limits.batch_rows)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as e:
                self.fault = InputError(
                    "CB-IN-003", "the file is damaged", given=f"{self.path.name} after row {at}: {str(e)[:120]}",
                    next_step="fetch the file again; rows before the break are kept, and are not doubled",
                )  # fmt: skip
                return
            if batch is None:
                return
            lines = pa.array(np.arange(at + 1, at + 1 + batch.num_rows, dtype=np.int64))
            at += batch.num_rows
            columns = [_as_text(column) for column in batch.columns]
            yield Chunk(pa.table(columns, names=self.names), lines, bytes_read=size * at // total)


class WorkbookReader:
    """The first sheet of one XLSX workbook; its first row names the columns."""

    fault: InputError | None = None

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self._limits = path, limits
        rows = _sheet(path, limits)
        header = next(rows, None)
        if header is None:
            raise nothing_in(path)
        self.names = refuse_duplicates([_cell_text(cell) or "" for cell in header])
        self._rows = rows

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header, numbered as the sheet numbers them."""
        import pyarrow as pa

        line, size = 2, self.path.stat().st_size
        while rows := list(islice(self._rows, self._limits.batch_rows)):
            numbered = [(i, [_cell_text(cell) for cell in row]) for i, row in enumerate(rows, line)]
            kept = [(i, row) for i, row in numbered if any(row)]
            columns = [[row[at] for _, row in kept] for at in range(len(self.names))]
            yield Chunk(text_table(self.names, columns), pa.array([i for i, _ in kept], pa.int64()), bytes_read=size)
            line += len(rows)


def _sheet(path: Path, limits: Limits) -> Iterator[list[Any]]:
    import python_calamine

    try:
        with zipfile.ZipFile(path) as archive:
            expanded = sum(entry.file_size for entry in archive.infolist())
        if expanded > limits.workbook:
            raise InputError(
                "CB-IN-005", "the file expands beyond the limit", given=f"{path.name}: {expanded:,} bytes",
                allowed=f"{limits.workbook:,} bytes", next_step="check what the sender packed, or ask for CSV",
            )  # fmt: skip
        sheet = python_calamine.load_workbook(path).get_sheet_by_index(0)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError) as e:
        raise InputError("CB-IN-007", "the file is no XLSX workbook", given=f"{path.name}: {str(e)[:120]}",
                         next_step="fetch it again, or name it by what it is") from None  # fmt: skip
    return iter(sheet.iter_rows())


def _cell_text(cell: Any) -> str | None:
    """A cell as a person reads it; whole numbers lose the `.0` that workbooks give every number."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell.total_seconds() if isinstance(cell, timedelta) else cell)


def _as_text(column: pa.Array) -> pa.Array:
    """One Parquet column as text: times in ISO form (with Z when they have a zone), lists and structs as JSON."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    if pa.types.is_timestamp(kind):
        naive = column.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.timestamp(kind.unit)) if kind.tz else column
        text = pc.replace_substring_regex(naive.cast(pa.string()), r"\.0+$", "")
        return pc.binary_join_element_wise(text, "Z", "") if kind.tz else text
    if pa.types.is_nested(kind):
        rows = column.to_pylist()
        return pa.array([None if row is None else json.dumps(row, ensure_ascii=False, default=str) for row in rows],
                        pa.string())  # fmt: skip
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())
