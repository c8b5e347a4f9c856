"""Which write transactions were kept, by key: what tells done from not done after a lost connection."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from chainbreak.store.desk.metadata import metadata

done_once = Table("done_once", metadata, Column("key", String(64), primary_key=True))
"""One row a kept write transaction."""
