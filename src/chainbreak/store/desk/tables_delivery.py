"""Tables of delivery: partners, messages on their way, and what came back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

partner = Table(
    "partner",
    metadata,
    Column("partner_id", String(32), primary_key=True),
    Column("name_zh", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("format", String(16), nullable=False),  # rpz, numbers, holds, requests, dns, sip, bank, …
    Column("kinds", String(200), nullable=False),  # kinds of order it takes, space-separated
    Column("call", String(64), nullable=False),  # a person there who can be called
    Column("active", Boolean, nullable=False),
    Column("serial", BigInteger, nullable=False),  # of the artefact last written
    Column("address", String(255), nullable=False, server_default=""),  # scheme://host:port/path; empty for files
    Column("settings", Text, nullable=False, server_default="{}"),  # JSON, checked by the format's model; no secrets
    Column("seen_at_us", BigInteger),  # it last answered
    Column("error", Text, nullable=False, server_default=""),  # why it does not answer; empty while it does
    Column("error_since_us", BigInteger),
    Column("compared_at_us", BigInteger),  # what it holds was last compared with the desk
    Column("missing", Integer, nullable=False, server_default="0"),  # entries found missing then, and put back
    Column("extra", Integer, nullable=False, server_default="0"),  # entries found then that had no right to be there
)
"""One row an enforcement point."""

outbox = Table(
    "outbox",
    metadata,
    Column("order_id", String(24), ForeignKey("order_file.order_id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("target", String(32), ForeignKey("partner.partner_id"), primary_key=True),
    Column("action", String(8), nullable=False),  # block, withdraw, correct
    Column("state", String(12), nullable=False),  # queued, sent, acknowledged, verified, failed, superseded
    Column("urgency", Integer, nullable=False),  # 0: withdrawals and corrections, 1: blocks
    Column("attempts", Integer, nullable=False),
    Column("queued_at_us", BigInteger, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),  # not tried again before this
    Column("sent_at_us", BigInteger),
    Column("settled_at_us", BigInteger),
    Column("detail", Text, nullable=False),  # full, partial, rejected; or why it failed
    Index(None, "state", "urgency", "due_at_us"),
    Index(None, "target", "state"),
    Index(None, "queued_at_us"),
)
"""One row a message; its key (order, revision, target) is what makes a repeat harmless."""

receipt = Table(
    "receipt",
    metadata,
    Column("receipt_id", RowId, primary_key=True, autoincrement=True),
    Column("order_id", String(24), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("target", String(32), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),  # who entered the answer; `service` for a probe
    Column("step", String(12), nullable=False),  # sent, acknowledged, verified, failed
    Column("outcome", String(8), nullable=False),  # full, partial, rejected, "" for a step without one
    Column("partner_code", String(32), nullable=False),
    Column("meaning", Text, nullable=False),
    Column("response_digest", String(64), nullable=False),  # SHA-256 of the artefact or of the answer
    Column("took_us", BigInteger, nullable=False),  # since the message was queued
    Column("held_fen", BigInteger),  # how much a bank says it holds; NULL where nothing was said
    Index(None, "order_id", "revision", "target"),
    Index(None, "at_us"),
)
"""One row a step of a message; never changed, never deleted."""
