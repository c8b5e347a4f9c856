"""Tables of the log, in the desk's database so that an entry and the state change it records commit together.

Grain: one row of `audit_entries` is one entry; of `audit_payloads` the payload of one entry, erasable apart from it;
of `audit_nodes` the hash of one *complete* subtree (level 0: a leaf), never changed once written; `audit_head` has one
row, whose lock serialises writers on PostgreSQL (on SQLite the desk's BEGIN IMMEDIATE does).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

metadata = MetaData()

# On SQLite only INTEGER PRIMARY KEY is the row's own address; BIGINT would cost a second index.
_RowAddress = BigInteger().with_variant(Integer(), "sqlite")

entries = Table(
    "audit_entries", metadata,
    Column("seq", _RowAddress, primary_key=True, autoincrement=False, comment="0, 1, 2 … without a gap"),
    Column("at_us", BigInteger, nullable=False, comment="UTC microseconds, never below the row before"),
    Column("actor", Text, nullable=False, comment="copy of the entry's, for queries; checked by verify"),
    Column("action", Text, nullable=False, comment="copy of the entry's"),
    Column("object", Text, nullable=False, comment="copy of the entry's"),
    Column("entry", LargeBinary, nullable=False, comment="canonical JSON (RFC 8785): what the leaf hashes"),
    Index("audit_entries_by_object", "object", "seq"),
)  # fmt: skip

payloads = Table(
    "audit_payloads", metadata,
    Column("seq", _RowAddress, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False, comment="random, at least 128 bits"),
    Column("payload", LargeBinary, nullable=False, comment="canonical JSON; entry.payload = SHA-256(salt, payload)"),
)  # fmt: skip

nodes = Table(
    "audit_nodes", metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False, comment="covers 2**level leaves"),
    Column("idx", BigInteger, primary_key=True, autoincrement=False, comment="from the left, 0 first"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256"),
    sqlite_with_rowid=False,
)  # fmt: skip

head = Table(
    "audit_head", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("size", BigInteger, nullable=False, comment="number of entries"),
    Column("highest_us", BigInteger, nullable=False, comment="the highest time any entry was given"),
)  # fmt: skip


def insert_rows(conn: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows given in the order of the table's columns, in one `executemany` of the driver.

    SQLAlchemy's own insert takes four times the CPU of the database for rows as small as these.
    """
    mark = "?" if conn.dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join(mark for _ in table.columns)
    conn.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 our own names
