"""Tables of texts to people: one text, its parts on the wire, and what the message centre said of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

text_message = Table(
    "text_message",
    metadata,
    Column("text_id", String(32), primary_key=True),  # made from event, recipient and channel: never the same twice
    Column("event", String(64), nullable=False),  # what it is about, as `notice:O-…`
    Column("recipient", String(40), nullable=False),  # written token of a line; the number itself is in the vault
    Column("channel", String(8), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("template", String(32), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("body", Text, nullable=False),  # as it is sent
    # queued, submitting, submitted, delivered, failed, expired, unknown, cancelled
    Column("state", String(12), nullable=False),
    Column("queued_by", String(64), nullable=False),
    Column("queued_at_us", BigInteger, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),  # not sent before
    Column("expires_at_us", BigInteger, nullable=False),  # not sent after
    Column("submitted_at_us", BigInteger),  # the centre has every part
    Column("settled_at_us", BigInteger),  # delivered, failed, expired
    Column("detail", Text, nullable=False),
    Index(None, "state", "due_at_us"),
    Index(None, "event"),
)
"""One row a text to one person."""

text_part = Table(
    "text_part",
    metadata,
    Column("text_id", String(32), ForeignKey("text_message.text_id"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("reference", Integer, nullable=False),  # our 16-bit number on the wire, which good centres give back
    Column("state", String(12), nullable=False),
    Column("due_at_us", BigInteger, nullable=False),  # not tried again before, after a throttling
    Column("message_id", String(64), index=True),  # the centre's own
    Column("sent_at_us", BigInteger),  # marked before it left
    Index(None, "state", "due_at_us"),
)
"""One row a part of a text, the unit of the protocol."""

text_receipt = Table(
    "text_receipt",
    metadata,
    Column("receipt_id", RowId, primary_key=True, autoincrement=True),
    Column("message_id", String(64), nullable=False),
    Column("stat", String(8), nullable=False),  # as the centre wrote it
    Column("err", String(8), nullable=False),
    Column("at_us", BigInteger, nullable=False),  # when it came first
    Column("recipient", String(40), nullable=False),  # written token of the number it names; "" for none
    Column("reference", Integer),
    Column("text_id", String(32)),  # which text it was taken for; none: it came before the answer, or is not ours
    Column("part", Integer),
    UniqueConstraint("message_id", "stat"),
    Index(None, "text_id"),
)
"""One row a different thing a centre said of a message; repeats leave none."""
