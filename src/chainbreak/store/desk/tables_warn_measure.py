"""The table of tasks 'review this trigger': opened by the machine, closed by people."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

trigger_review = Table(
    "trigger_review",
    metadata,
    Column("review_id", RowId, primary_key=True, autoincrement=True),
    Column("trigger", Text, nullable=False),  # the clause, as act/warnings/measure/differ.clause_text writes it
    Column("tier", String(16), nullable=False),
    Column("fraud", Integer, nullable=False),  # warnings by it whose contact turned out to be fraud
    Column("known", Integer, nullable=False),  # warnings by it of which that is known
    Column("low", Float, nullable=False),  # of the share of the two, 95 %
    Column("high", Float, nullable=False),
    Column("floor", Float, nullable=False),  # of the settings, then
    Column("opened_at_us", BigInteger, nullable=False),
    Column("closed_at_us", BigInteger),  # none: nobody has looked yet
    Column("closed_by", String(64), nullable=False),
    Column("note", Text, nullable=False),  # why it stays, or what was done
    Index(None, "closed_at_us"),
)
"""One row a trigger whose precision fell below the floor; a trigger has one open at a time."""
