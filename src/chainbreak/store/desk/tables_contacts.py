"""Tables beside warnings: contacts that nobody could be warned of, what was taken back, and whom to call about it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

contact_aside = Table(
    "contact_aside",
    metadata,
    Column("aside_id", String(32), primary_key=True),  # of kind, about, indicator and the record's own reference
    Column("kind", String(24), nullable=False),  # of event
    Column("about", String(40), nullable=False),  # written token of the client, or of the account that paid
    Column("indicator", String(255), nullable=False),
    Column("ground", String(80), nullable=False),
    Column("reason", String(24), nullable=False),  # see app/collect_contacts.REASONS
    Column("at_us", BigInteger, nullable=False),
    Column("stake_fen", BigInteger),
    Column("noted_at_us", BigInteger, nullable=False),
    Index(None, "at_us"),
)
"""One row a contact with fraud that gave no event: no line can be told, or the account is only suspected."""

retraction = Table(
    "retraction",
    metadata,
    Column("retraction_id", RowId, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("actor", String(64), nullable=False),
    Column("object", String(255), nullable=False),  # an indicator, finding:ID or order:ID
    Column("reason", Text, nullable=False),
    Column("events", Integer, nullable=False),  # taken back by it
    Column("warnings", Integer, nullable=False),  # of which nothing was left
    Column("told", Integer, nullable=False),  # people among them who had been told, and get a correction
)
"""One row a time that something was no fraud after all; its sums belong to the rate of false alarms."""

correction_call = Table(
    "correction_call",
    metadata,
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), primary_key=True),
    Column("recipient", String(40), nullable=False),
    Column("opened_at_us", BigInteger, nullable=False),
    Column("done_at_us", BigInteger),
    Column("done_by", String(64), nullable=False),  # "" until somebody has
    Index(None, "done_at_us", "opened_at_us"),
)
"""One row a person who was told by voice alone, or in person, and has to be told by voice that it was wrong."""

contact_look = Table(
    "contact_look",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),  # 1
    Column("version", String(16), nullable=False),  # of what reads signs
    Column("consumed", Text, nullable=False),  # JSON: table -> version of the lake up to which its records were read
    Column("marks", LargeBinary, nullable=False),  # 8 bytes an indicator that has looked back, sorted
)
"""One row: what collecting contacts has seen; 0.8 MB for a hundred thousand indicators."""
