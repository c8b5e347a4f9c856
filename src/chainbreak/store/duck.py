"""DuckDB: the engine of one machine. Session zone UTC, bounded memory, spill in the centre's scratch directory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.records import kind_named
from chainbreak.store.lake import Lake

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def connect(scratch: Path, memory_limit_mib: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB with the project's settings; one connection per thread, never shared."""
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:", config={
        "memory_limit": f"{memory_limit_mib}MiB", "threads": str(threads), "temp_directory": str(scratch),
        "preserve_insertion_order": "false", "autoinstall_known_extensions": "false",
    })  # fmt: skip
    connection.execute("SET TimeZone = 'UTC'")
    return connection


class Duck:
    """One DuckDB session on one lake snapshot (see `store.engine.Engine`)."""

    name = "duckdb"

    def __init__(
        self, lake: Lake, snapshot: dict[str, int], scratch: Path, *, memory_limit_mib: int = 1024, threads: int = 2
    ) -> None:
        import ibis

        self.lake, self.snapshot = lake, snapshot
        scratch.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="duck-", dir=scratch))
        self._connection = connect(self._folder, memory_limit_mib, threads)
        self._ibis: Any = ibis.duckdb.from_connection(self._connection)
        self._tables: dict[str, Any] = {}

    def table(self, kind: str) -> Any:
        """The pinned version of the kind's lake table; an empty table with the kind's schema when absent."""
        if kind not in self._tables:
            self._tables[kind] = self._open(kind)
        return self._tables[kind]

    def _open(self, kind: str) -> Any:
        schema = kind_named(kind).arrow_schema()
        files = self.lake.files(kind, self.snapshot[kind]) if kind in self.snapshot else []
        if not files:
            return self._ibis.create_table(kind, schema=_ibis_schema(schema), temp=False)
        view = self._ibis.read_parquet(files, table_name=f"{kind}_files", hive_partitioning=True, union_by_name=True)
        columns = {
            field.name: (view[field.name] if field.name in view.columns else _null()).cast(dtype)
            for field, dtype in zip(schema, _ibis_schema(schema).types, strict=True)
        }
        return self._ibis.create_view(kind, view.select(**columns))

    def stored(self, name: str, files: Sequence[Path]) -> Any:
        """Parquet files of one schema as a table."""
        return self._ibis.read_parquet([*map(str, files)], table_name=f"stored_{name}", hive_partitioning=False)

    def run(self, expr: Any) -> pa.Table:
        """The result of an Ibis expression as Arrow."""
        return self._ibis.to_pyarrow(expr)

    def put(self, name: str, rows: pa.Table) -> Any:
        """A few Arrow rows as a table, by way of scratch."""
        import pyarrow.parquet as pq

        path = self._folder / f"put_{name}.parquet"
        pq.write_table(rows, path)
        return self.stored(f"put_{name}", [path])

    def checkpoint(self, name: str, expr: Any) -> Any:
        """Write `expr` to Parquet in scratch and read it back."""
        path = self._folder / f"{name}.parquet"
        self._ibis.to_parquet(_as_declared(expr), path)
        return self._ibis.read_parquet(path, table_name=f"checkpoint_{name}")

    def close(self) -> None:
        """Close the session and remove its scratch folder."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _ibis_schema(schema: pa.Schema) -> Any:
    import ibis

    return ibis.schema(schema)


def _null() -> Any:
    import ibis

    return ibis.null()


def _as_declared(expr: Any) -> Any:
    """`expr` whose columns have the types it declares in a file as well.

    Ibis leaves out a cast to the type it believes a column to have; DuckDB's sum of int64 is wider, and a file would
    hold it as a float.
    """
    import ibis.expr.operations as ops

    return expr.select(**{name: ops.Cast(expr[name], dtype).to_expr() for name, dtype in expr.schema().items()})
