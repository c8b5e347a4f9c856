"""CSV and TSV: Arrow parses whole blocks; a block with anything odd in it is taken apart line by line instead.

A record is the fewest lines that parse into as many fields as the header has. A stray quote therefore costs its own
line and not the rows after it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.base.errors import InputError
from chainbreak.ingest.chunks import Broken, Chunk, nothing_in, refuse_duplicates, text_table
from chainbreak.ingest.framing import DAMAGED, Block, LineSource
from chainbreak.ingest.limits import MIB, Limits

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = ",\t;|"
LINES_OF_A_RECORD = 200
"""A quoted value may hold this many line breaks; beyond, its opening quote is taken for a stray one."""


class DelimitedReader:
    """One CSV or TSV file."""

    def __init__(self, path: Path, limits: Limits, encoding: str | None, delimiter: str | None) -> None:
        self._source = LineSource(path, limits, encoding)
        self._blocks = self._source.blocks()
        self._first = next(self._blocks, None)
        if self._first is None or not self._first.data.strip():
            raise self.fault or nothing_in(path)
        header, _, body = self._first.data.partition(b"\n")
        head = header.decode().strip("\r")
        self.delimiter = delimiter or _guess_delimiter(head)
        self.names = refuse_duplicates(next(csv.reader([head], delimiter=self.delimiter)))
        self._first = Block(body, self._first.first + 1, self._first.broken, self._first.bytes_read)

    @property
    def fault(self) -> InputError | None:
        """How the file ended badly, if it did."""
        return self._source.fault

    def chunks(self) -> Iterator[Chunk]:
        """The rows in file order, one chunk a block."""
        block = self._first
        while block is not None:
            yield self._parse(block)
            block = next(self._blocks, None)

    def _parse(self, block: Block) -> Chunk:
        import pyarrow as pa

        if not block.data.strip():
            return Chunk(text_table(self.names, [[] for _ in self.names]), pa.array([], pa.int64()), block.broken,
                         block.bytes_read)  # fmt: skip
        if b'"' in block.data or (not block.data.isascii() and DAMAGED.encode() in block.data):
            return self._by_line(block)
        table = self._by_arrow(block.data)
        if table is None:
            return self._by_line(block)
        return Chunk(table, _count_from(block.first, table.num_rows), block.broken, block.bytes_read)

    def _by_arrow(self, data: bytes) -> pa.Table | None:
        """The rows of text without quotes; None when any line is empty or has another number of fields."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        odd: list[int] = []

        def note(row: arrow_csv.InvalidRow) -> str:
            odd.append(row.actual_columns)
            return "skip"

        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                # One thread, and pieces that fit its cache: the pipeline has the other core busy. Empty lines must
                # count, or the numbering would shift; they take the careful way.
                read_options=arrow_csv.ReadOptions(column_names=self.names, block_size=MIB, use_threads=False),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=note
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(self.names, pa.string()), strings_can_be_null=True, null_values=[""],
                    check_utf8=False,
                ),
            )  # fmt: skip
        except pa.ArrowInvalid:  # a line is longer than such a piece
            return None
        return None if odd or _has_empty_row(table) else table

    def _by_line(self, block: Block) -> Chunk:
        import pyarrow as pa

        rows: list[list[str]] = []
        lines: list[int] = []
        broken = list(block.broken)
        texts = block.data.decode().split("\n")
        at = 0
        while at < len(texts):
            text = texts[at].rstrip("\r")
            taken, row = self._record(texts, at)
            if row is not None and DAMAGED not in text:
                rows.append(row)
                lines.append(block.first + at)
            elif text.strip():
                broken.append(Broken(block.first + at, "CB-IN-017" if DAMAGED in text else "CB-IN-014", text))
            at += taken
        columns = [[row[at] or None for row in rows] for at in range(len(self.names))]
        return Chunk(text_table(self.names, columns), pa.array(lines, pa.int64()), broken, block.bytes_read)

    def _record(self, texts: list[str], at: int) -> tuple[int, list[str] | None]:
        """How many lines the record at `at` takes, and its fields; (1, None) when it is none."""
        text = texts[at]
        for taken in range(1, min(LINES_OF_A_RECORD, len(texts) - at) + 1):
            if taken > 1:
                text += "\n" + texts[at + taken - 1]
            try:
                row = next(csv.reader([text.rstrip("\r")], delimiter=self.delimiter, strict=True), [])
            except csv.Error:  # the quote is still open, or text follows a closing quote
                if text.count('"') % 2 == 0:
                    return 1, None
                continue
            if len(row) == len(self.names):
                return taken, row
            return 1, None
        return 1, None


def _has_empty_row(table: pa.Table) -> bool:
    """Whether a row has no value at all: Arrow makes one of an empty line."""
    import pyarrow.compute as pc

    if not all(column.null_count for column in table.columns):
        return False
    empty = table.columns[0].is_null()
    for column in table.columns[1:]:
        empty = pc.and_(empty, column.is_null())
    return bool(pc.any(empty).as_py())


def _guess_delimiter(header: str) -> str:
    return max(DELIMITERS, key=lambda mark: (header.count(mark), -DELIMITERS.index(mark)))


def _count_from(first: int, count: int) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.arange(first, first + count, dtype=np.int64))
