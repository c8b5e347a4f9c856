"""Tables of leads: `lead_event` is the truth and only ever grows; `lead_file` is what folding it gives, for lists.

No column scores a person: what a lead is about is a thing or a series of reports.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from chainbreak.store.desk.metadata import metadata

lead_file = Table(
    "lead_file",
    metadata,
    Column("lead_id", String(16), primary_key=True),  # L-000123; counted, never reused
    Column("number", Integer, nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("target", String(255), nullable=False),  # a written token, a domain, a cell, a series
    Column("series_id", String(16), nullable=False),  # "" when it rests on findings alone
    Column("unit", String(64), nullable=False),  # whom it was sent to; before that, whom the draft means
    Column("drafted_by", String(64), nullable=False),
    Column("evidence_key", String(64), nullable=False, unique=True),  # the same evidence is never drafted twice
    Column("expires_at_us", BigInteger, nullable=False),
    Column("snoozed_until_us", BigInteger),
    Column("drafted_at_us", BigInteger, nullable=False),
    Column("dispatched_at_us", BigInteger),  # the first dispatch
    Column("deadline_us", BigInteger),
    Column("received_at_us", BigInteger),
    Column("ended_at_us", BigInteger),
    Column("outcome", String(16), nullable=False),  # "" until there is one
    Column("returns", Integer, nullable=False),  # how often a unit gave it back
    Column("returned_wrong", Integer, nullable=False),  # of these, because it was not so
    Column("updated_at_us", BigInteger, nullable=False),
    Column("editors", Text, nullable=False),  # who wrote it, one name a line
    Column("reviewed_by", String(64), nullable=False),  # "" until somebody has
    Column("sent_back", Boolean, nullable=False),  # a reviewer wants it revised
    Column("signals", Text, nullable=False),  # JSON of what its priority is computed from
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the folded lead
    Index(None, "state", "expires_at_us"),
    Index(None, "kind", "target"),
    Index(None, "series_id"),
    Index(None, "updated_at_us"),
)
"""One row a lead as it stands."""

lead_event = Table(
    "lead_event",
    metadata,
    Column("lead_id", String(16), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 0, 1, 2 … without a gap
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("move", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the event
    Index(None, "actor", "at_us"),
)
"""One row a move of a lead; never changed, never deleted."""

lead_evidence = Table(
    "lead_evidence",
    metadata,
    Column("lead_id", String(16), ForeignKey("lead_file.lead_id"), primary_key=True),
    Column("ref", String(80), primary_key=True),  # finding:ID, series:ID, report:ID
    Index(None, "ref"),
)
"""One row a thing a lead has ever rested on; only added to."""

lead_lock = Table(
    "lead_lock",
    metadata,
    Column("lead_id", String(16), ForeignKey("lead_file.lead_id"), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("seen_at_us", BigInteger, nullable=False),  # the lock is over 10 idle minutes after this
)
"""One row a lead somebody has open."""

lead_label = Table(
    "lead_label",
    metadata,
    Column("lead_id", String(16), ForeignKey("lead_file.lead_id"), primary_key=True),
    Column("ref", String(80), primary_key=True),  # what the label is about: the target, or a thing it rested on
    Column("label", String(8), nullable=False),  # true, false, unknown
    Column("outcome", String(16), nullable=False),
    Column("sampling", String(12), nullable=False),  # selected: people chose what to look into, it is no random draw
    Column("priority", Float, nullable=False),  # points when it was dispatched: what it was chosen by
    Column("given_by", String(64), nullable=False),
    Column("given_at_us", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "ref"),
)
"""One row a thing an outcome says something about; gone when the outcome is taken back."""
