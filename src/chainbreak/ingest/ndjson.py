"""NDJSON: one JSON object a line. Values are taken as the text that stands in the file, so that no digit is lost."""

# ruff: noqa: S608 queries are put together from our own column names and quoted literals only

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import InputError
from chainbreak.ingest.chunks import Broken, Chunk, nothing_in
from chainbreak.ingest.framing import DAMAGED, Block, LineSource
from chainbreak.ingest.limits import Limits

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE = 2_000  # lines whose keys name the columns, beside those that are wanted
_IS_OBJECT = "CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"


class JsonLinesReader:
    """One NDJSON file; `wanted` are the names that are read wherever they first appear."""

    def __init__(self, path: Path, limits: Limits, encoding: str | None, duck: Any, wanted: list[str]) -> None:
        self._duck = duck
        self._source = LineSource(path, limits, encoding)
        self._blocks = self._source.blocks()
        self._first = next(self._blocks, None)
        if self._first is None or not self._first.data.strip():
            raise self.fault or nothing_in(path)
        found = self._keys(self._first)
        if not found:
            raise InputError(
                "CB-IN-007", "no line at the file's beginning is a JSON object", given=path.name,
                allowed="one JSON object a line", next_step="name the file by what it is",
            )  # fmt: skip
        self.names = found + sorted(set(wanted) - set(found))

    @property
    def fault(self) -> InputError | None:
        """How the file ended badly, if it did."""
        return self._source.fault

    def chunks(self) -> Iterator[Chunk]:
        """The rows in file order, one chunk a block."""
        import pyarrow.compute as pc

        block = self._first
        while block is not None:
            texts, numbers = _lines(block)
            good = self._query(texts, f"SELECT {_IS_OBJECT} AS good FROM json_lines")["good"].combine_chunks()
            broken = list(block.broken)
            for at in pc.indices_nonzero(pc.invert(good)).to_pylist():
                text = texts[at].as_py()
                if text.strip():
                    broken.append(Broken(numbers[at].as_py(), "CB-IN-017" if DAMAGED in text else "CB-IN-015", text))
            yield Chunk(self._values(texts.filter(good)), numbers.filter(good), broken, block.bytes_read)
            block = next(self._blocks, None)

    def _keys(self, block: Block) -> list[str]:
        texts, _ = _lines(block)
        query = f"SELECT DISTINCT unnest(json_keys(line)) AS name FROM json_lines WHERE {_IS_OBJECT} ORDER BY 1"
        names: list[str] = self._query(texts.slice(0, _SAMPLE), query)["name"].to_pylist()
        return names

    def _values(self, texts: pa.Array) -> pa.Table:
        # One list of paths: the line is parsed once for all columns.
        paths = ", ".join(_literal('$."' + name.replace('"', '\\"') + '"') for name in self.names)
        columns = ", ".join(f"v[{i}] AS {_quoted(name)}" for i, name in enumerate(self.names, 1))
        return self._query(
            texts, f"SELECT {columns} FROM (SELECT json_extract_string(line, [{paths}]) AS v FROM json_lines)"
        )

    def _query(self, texts: pa.Array, sql: str) -> pa.Table:
        import pyarrow as pa

        self._duck.register("json_lines", pa.table({"line": texts}))
        return self._duck.sql(sql).to_arrow_table()


def _lines(block: Block) -> tuple[pa.Array, pa.Array]:
    """The lines of a block as text, and their numbers."""
    import numpy as np
    import pyarrow as pa

    texts = pa.array([line.rstrip("\r") for line in block.data.decode().split("\n")], pa.string())
    return texts, pa.array(np.arange(block.first, block.first + len(texts), dtype=np.int64))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
