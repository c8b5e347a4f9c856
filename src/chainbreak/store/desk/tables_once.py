"""Which write transactions were kept, by key: what tells done from not done after a lost connection."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from chainbreak.base.clock import US_PER_DAY
from chainbreak.store.desk.metadata import metadata

KEPT_US = 30 * US_PER_DAY
"""How long a key is remembered: nobody asks after an unknown outcome later than that. Our choice."""

done_once = Table(
    "done_once",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("at_us", BigInteger, index=True),  # NULL in rows from before the column
)
"""One row a kept write transaction."""
