"""What the proxy loads at its start: a SQLite file of one row a number, kept in step with every change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from chainbreak.base.files import replace_atomic

NUMBERS, HELD = "numbers.sqlite", "held.sqlite"
_TABLE = """
    create table version (table_name varchar(32) not null, table_version integer not null);
    create table {table} (key_name varchar(32) primary key not null, key_value varchar(96) not null) without rowid;
"""


def write(path: Path, table: str, rows: Iterable[tuple[str, str]]) -> None:
    """Put a new file of (key, value) at `path` in one step; of two rows with one key the last counts."""

    def fill(temporary: Path) -> None:
        with closing(sqlite3.connect(temporary)) as db:
            db.executescript(_TABLE.format(table=table))
            with db:
                db.executemany(f"insert or replace into {table} values (?, ?)", rows)  # noqa: S608 (our own name)

    # Kamailio runs as another user; the folder is what keeps strangers out.
    replace_atomic(path, fill, mode=0o660)


def change(path: Path, table: str, put: Sequence[tuple[str, str]], drop: Sequence[str]) -> None:
    """Drop keys, then put rows, in one transaction; a file that is not there is made."""
    if not path.exists():
        write(path, table, ())
    with closing(sqlite3.connect(path, timeout=10)) as db, db:
        db.executemany(f"delete from {table} where key_name = ?", ((key,) for key in drop))  # noqa: S608
        db.executemany(f"insert or replace into {table} values (?, ?)", put)  # noqa: S608


def compare(held: Path, numbers: Path, table: str) -> Iterator[tuple[str, str, bool]]:
    """Rows (key, value, same): what the proxy says it holds, and whether it would load the same; then what it would
    load without holding it, never the same.
    """
    with closing(sqlite3.connect(f"{held.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.execute("attach ? as start", (f"{numbers.absolute().as_uri()}?mode=ro",))
        yield from (
            (key, value, bool(same))
            for key, value, same in db.execute(
                f"select h.key_name, h.key_value, n.key_value is h.key_value from held h "  # noqa: S608
                f"left join start.{table} n on n.key_name = h.key_name"
            )
        )
        yield from (
            (key, value, False)
            for key, value in db.execute(
                f"select key_name, key_value from start.{table} where key_name not in (select key_name from held)"  # noqa: S608
            )
        )
