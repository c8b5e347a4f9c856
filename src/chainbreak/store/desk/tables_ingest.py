"""Tables of ingest: what came in, when, by whom; and which rejected rows have been dealt with. Times in UTC µs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, String, Table, Text

from chainbreak.store.desk.metadata import metadata

ingest_run = Table(
    "ingest_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("actor", String(64), nullable=False),
    Column("kind", String(32), nullable=False, index=True),
    Column("file", String(255), nullable=False),  # name without its folder
    Column("digest", String(64), nullable=False, index=True),  # SHA-256 of the file; empty when it could not be read
    Column("bytes", BigInteger, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("reasons", Text, nullable=False),  # JSON object code -> rows
    Column("unread_identifiers", BigInteger, nullable=False),
    Column("conflicts", BigInteger, nullable=False),  # keys that stand for more than one content
    Column("oldest_us", BigInteger),  # earliest and latest event accepted or known; null: none, or a kind without time
    Column("newest_us", BigInteger),
    Column("seconds", Float, nullable=False),
    Column("lake_version", BigInteger),  # null: nothing was added
    Column("error", Text, nullable=False),  # code and sentence; empty when the file was read to its end
)
"""One row an ingest of one file."""

quarantine_settled = Table(
    "quarantine_settled",
    metadata,
    Column("row_id", String(16), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("how", String(16), nullable=False),  # fixed, replayed
)
"""One row a rejected row that was brought back; its sealed content stays until it is purged."""
