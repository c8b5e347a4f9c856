"""The lake: one Delta table a record kind, atomic appends, versions that findings pin, many readers during a write.

Readers never lock. A writer holds the table's own lock (released by the operating system when it dies), so that
de-duplication against what is already there and the append are one step.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable


class Lake:
    """The Delta tables under one directory; a table is named as its record kind."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, table: str) -> Path:
        """Where `table` lies, whether or not it exists yet."""
        return self.root / table

    def tables(self) -> list[str]:
        """Names of the tables that exist, sorted."""
        return sorted(p.parent.name for p in self.root.glob("*/_delta_log"))

    def version(self, table: str) -> int | None:
        """The newest version of `table`; None when there is no such table."""
        from deltalake import DeltaTable

        return DeltaTable(self.path(table)).version() if table in self.tables() else None

    def snapshot(self, tables: list[str] | None = None) -> dict[str, int]:
        """Table -> newest version, for the named tables (or all) that exist."""
        named = self.tables() if tables is None else [t for t in tables if t in self.tables()]
        return {t: v for t in named if (v := self.version(t)) is not None}

    def files(self, table: str, version: int | None = None, days: list[date] | None = None) -> list[str]:
        """Absolute paths of the Parquet files of `table` at `version`, optionally of some local days only.

        Raises:
            SetupError: no such table (CB-ST-010) or version (CB-ST-011).
        """
        if days == []:
            return []
        wanted = None if days is None else [("local_day", "in", days)]
        # deltalake gives addresses: a blank or a Chinese character in the centre's path comes percent-encoded.
        return sorted(map(unquote, self.open(table, version).file_uris(file_pruning_predicate=wanted)))

    def open(self, table: str, version: int | None = None) -> DeltaTable:
        """The Delta table itself, at `version` or the newest.

        Raises:
            SetupError: no such table (CB-ST-010) or version (CB-ST-011).
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        if table not in self.tables():
            raise SetupError(
                "CB-ST-010", "lake table not found", given=table, allowed=", ".join(self.tables()) or "(no tables yet)",
                next_step=f"chainbreak ingest {table} FILE",
            )  # fmt: skip
        try:
            return DeltaTable(self.path(table), version=version)
        except (DeltaError, TableNotFoundError) as e:
            raise SetupError(
                "CB-ST-011", "lake version not found", given=f"{table}@{version}", allowed=str(e)
            ) from None

    def append(
        self,
        table: str,
        rows: pa.Table,
        partition_by: list[str],
        *,
        note: dict[str, str] | None = None,
        properties: Any = None,
    ) -> int:
        """Append `rows` in one atomic commit and return the new version; new columns are added to the schema.

        `note` is kept in the commit (who, which file) for people who read the history. `properties` are deltalake's
        `WriterProperties`: which columns get dictionaries and statistics.
        """
        from deltalake import CommitProperties, write_deltalake

        write_deltalake(
            self.path(table), rows, mode="append", partition_by=partition_by or None, schema_mode="merge",
            writer_properties=properties, commit_properties=CommitProperties(custom_metadata=note or {}),
        )  # fmt: skip
        version = self.version(table)
        assert version is not None
        return version

    def replace(self, table: str, rows: Any, partition_by: list[str], *, note: dict[str, str] | None = None) -> int:
        """Replace the whole contents of `table` in one atomic commit; older versions stay readable until purged."""
        from deltalake import CommitProperties, write_deltalake

        write_deltalake(
            self.path(table), rows, mode="overwrite", partition_by=partition_by or None, schema_mode="overwrite",
            commit_properties=CommitProperties(custom_metadata=note or {}),
        )  # fmt: skip
        version = self.version(table)
        assert version is not None
        return version

    def count_before(self, table: str, day: date) -> int:
        """Rows of local days before `day`; 0 when there is no such table."""
        return self._before(table, day).count_rows() if table in self.tables() else 0

    def refs_before(self, table: str, day: date) -> list[str]:
        """The record_refs of local days before `day`; none when there is no such table."""
        if table not in self.tables():
            return []
        refs: list[str] = self._before(table, day).to_table(columns=["record_ref"])["record_ref"].to_pylist()
        return refs

    def forget(self, table: str, before: date, *, note: dict[str, str] | None = None) -> int:
        """Delete the rows of local days before `before`, files included; returns how many rows went.

        Files of older versions go as well: what was pinned to them cannot be computed again, and that is the point.
        """
        from deltalake import CommitProperties

        with self.writing(table):
            delta = self.open(table)
            gone = delta.delete(
                f"local_day < '{before.isoformat()}'", commit_properties=CommitProperties(custom_metadata=note or {})
            )
            # Nobody writes while the lock is held, so files of no version can go at once.
            delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
        return int(gone["num_deleted_rows"])

    def _before(self, table: str, day: date) -> Any:
        import pyarrow.dataset as ds

        return self.open(table).to_pyarrow_dataset().filter(ds.field("local_day") < day)

    @contextmanager
    def writing(self, table: str) -> Iterator[None]:
        """Hold the writers' lock of `table`; waits for another writer, and a killed writer's lock is free at once."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f".{table}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
