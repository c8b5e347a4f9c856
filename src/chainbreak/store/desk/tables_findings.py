"""Tables of findings and what people said of them.

A finding's body is its canonical JSON; the columns beside it are copies for lists and filters. No column scores a
person: scores belong to lines, accounts, devices, domains and clusters of them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from chainbreak.store.desk.metadata import metadata

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit row number that is the row's own address on SQLite."""

finding = Table(
    "finding",
    metadata,
    Column("finding_id", String(16), primary_key=True),
    Column("detector", String(40), nullable=False),
    Column("version", String(16), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("level", String(8), nullable=False),
    Column("score", Float, nullable=False),  # calibrated probability that the subject is what the detector looks for
    Column("proposed_action", String(16), nullable=False),
    Column("district", String(64), nullable=False),  # "" when the detector names none
    Column("first_evidence_us", BigInteger, nullable=False),
    Column("found_at_us", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # open, confirmed, false, unsure, superseded
    Column("rank", BigInteger, nullable=False),  # smaller is read first: level, then score
    Column("body", LargeBinary, nullable=False),
    Index(None, "rank", "finding_id"),
    Index(None, "state", "rank", "finding_id"),
    Index(None, "state", "detector", "rank", "finding_id"),
    Index(None, "state", "district", "rank", "finding_id"),
    Index(None, "subject", "found_at_us"),
)
"""One row a finding."""

finding_count = Table(
    "finding_count",
    metadata,
    Column("state", String(12), primary_key=True),
    Column("detector", String(40), primary_key=True),
    Column("level", String(8), primary_key=True),
    Column("n", BigInteger, nullable=False),
)
"""How many findings stand in each state, kept with every change: counting 10^6 rows takes longer than a page may."""

finding_lock = Table(
    "finding_lock",
    metadata,
    Column("finding_id", String(16), ForeignKey("finding.finding_id"), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("seen_at_us", BigInteger, nullable=False),  # the lock is over 10 idle minutes after this
)
"""One row a finding somebody has open."""

verdict = Table(
    "verdict",
    metadata,
    Column("verdict_id", RowId, primary_key=True, autoincrement=True),
    Column("finding_id", String(16), ForeignKey("finding.finding_id"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("verdict", String(12), nullable=False),  # confirmed, false, unsure, undo
    Column("undoes", BigInteger),  # the verdict taken back by this row
    Column("note", Text, nullable=False),
    Index(None, "actor", "at_us"),
)
"""One row a verdict or its undoing; never changed, never deleted."""
