"""What a reader hands on: a chunk of raw rows as text, each with its line in the file, and lines that are no rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Broken:
    """One line that could not be taken apart: its number, the code that says why, what is left of its content."""

    line: int
    code: str
    content: str


@dataclass
class Chunk:
    """Consecutive rows of one file. `table`: text columns under the file's own names, one row a record; `lines`:
    int64, the line (or row of a sheet or Parquet file, from 1) of each row; `bytes_read`: how far the file is read.
    """

    table: pa.Table
    lines: pa.Array
    broken: list[Broken] = field(default_factory=list)
    bytes_read: int = 0

    def contents(self, rows: pa.Array) -> list[str]:
        """The raw rows at positions `rows`, each as one JSON object name -> text."""
        return [json.dumps(row, ensure_ascii=False) for row in self.table.take(rows).to_pylist()]


class Reader(Protocol):
    """An open file of records. `fault` says how it ended when it ended badly after good rows."""

    names: list[str]

    @property
    def fault(self) -> InputError | None:
        """How the file ended badly, if it did."""

    def chunks(self) -> Iterator[Chunk]:
        """The rows in file order; memory is bounded by one chunk."""


def nothing_in(path: Path) -> InputError:
    """The error for a file without rows."""
    return InputError("CB-IN-002", "the file is empty", given=path.name, next_step="ask the sender for it again")


def refuse_duplicates(names: list[str]) -> list[str]:
    """`names` with blanks called `_<position>`, as a header row gives them.

    >>> refuse_duplicates(["", "a "])
    ['_1', 'a']

    Raises:
        InputError: two columns share a name (CB-IN-006).
    """
    named = [name.strip() or f"_{i}" for i, name in enumerate(names, 1)]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise InputError(
            "CB-IN-006", "two columns share a name", given=", ".join(twice), allowed="each name once",
            next_step="rename one of them in the file's header",
        )  # fmt: skip
    return named


def text_table(names: list[str], columns: list[Any]) -> pa.Table:
    """A table of text columns."""
    import pyarrow as pa

    return pa.table([pa.array(column, pa.string()) for column in columns], names=names)
