"""Tables of warnings: what was observed, the warnings that rest on it, and every message and call about one.

A warning describes an event and lapses in hours. No column scores a person: `confidence` is the indicator's.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

_VISITED = text("visit_due_at_us IS NOT NULL")

warning = Table(
    "warning",
    metadata,
    Column("warning_id", String(16), primary_key=True),  # W- and 12 hex digits, of the event that opened it
    Column("recipient", String(40), nullable=False),  # written token of a line
    Column("campaign", String(64), nullable=False),  # series:…, finding:… or the indicator itself
    Column("policy", String(32), nullable=False),  # the version of the tiers it was last judged by
    Column("tier", String(16), nullable=False),
    Column("rank", Integer, nullable=False),  # place of the tier, 0 is the most urgent
    Column("queue", Integer, nullable=False),  # the rank it is called by: one tier up past half of its deadline
    Column("state", String(12), nullable=False),  # open, resolved, lapsed, retracted
    Column("fraud", String(32), nullable=False),  # type of fraud; "" when not known
    Column("district", String(64), nullable=False),
    Column("place", String(64), nullable=False),  # a cell, for grouping visits; "" when not known
    Column("lang", String(2), nullable=False),  # "" when not known: the centre's
    Column("clause", Integer, nullable=False),  # which clause of its tier was met
    Column("stake_fen", BigInteger),  # at stake, where known
    Column("contacts", Integer, nullable=False),  # standing events that it rests on
    Column("last_us", BigInteger, nullable=False),  # the newest of them
    Column("opened_at_us", BigInteger, nullable=False),
    Column("tier_at_us", BigInteger, nullable=False),  # when it came to its tier: the clock of deadlines
    Column("due_at_us", BigInteger, nullable=False),  # first contact is due
    Column("escalate_at_us", BigInteger),  # when it is looked at next: half of the deadline, then the deadline
    Column("visit_due_at_us", BigInteger),
    Column("expires_at_us", BigInteger, nullable=False),
    Column("calls", Boolean, nullable=False),  # whether its tier asks for a call
    Column("escalated", Integer, nullable=False),  # 0, 1 past half of the deadline, 2 past it
    Column("attempts", Integer, nullable=False),
    Column("call_at_us", BigInteger),  # not called again before; none: not to be called (any more)
    Column("call_order", BigInteger, nullable=False),  # place within the tier, smaller first: see act/warnings/plan
    Column("draw_id", String(16)),  # the draw its place came from; none: nothing was drawn
    Column("holder", String(64)),  # who has its card open
    Column("held_until_us", BigInteger),
    Column("told_at_us", BigInteger),  # the first message that was handed over, or talk
    Column("reached_at_us", BigInteger),  # a person was spoken with, or a message was read
    Column("outcome", String(16), nullable=False),  # "" until there is one; see act/warnings/model
    Column("outcome_at_us", BigInteger),
    Column("updated_at_us", BigInteger, nullable=False),
    Index(None, "recipient", "campaign", "state"),
    Index("ix_warning_to_call", "state", "calls", "queue", "call_order"),
    Index("ix_warning_escalate", "state", "escalate_at_us"),
    Index("ix_warning_expiry", "state", "expires_at_us"),
    Index("ix_warning_campaign", "state", "campaign"),
    Index("ix_warning_district", "state", "district"),
    Index(None, "opened_at_us"),
    Index("ix_warning_visit", "visit_due_at_us", sqlite_where=_VISITED, postgresql_where=_VISITED),
)
"""One row a warning: the events of one recipient and one campaign while they last."""

contact_event = Table(
    "contact_event",
    metadata,
    Column("event_id", String(32), primary_key=True),  # of kind, recipient, indicator, source and its own reference
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), index=True),  # none: below every tier
    Column("kind", String(24), nullable=False),
    Column("recipient", String(40), nullable=False),
    Column("campaign", String(64), nullable=False),
    Column("indicator", String(255), nullable=False),  # a written token, a domain, a template; "" for a statement
    Column("ground", String(80), nullable=False),  # finding:ID, order:ID, report:ID, statement:ID
    Column("source", String(64), nullable=False),  # a partner, `records`, `hotline`
    Column("ref", String(120), nullable=False),  # the source's own name of the contact
    Column("confidence", Float, nullable=False),  # of the indicator
    Column("at_us", BigInteger, nullable=False),  # since when
    Column("ended_at_us", BigInteger),  # none: goes on, as far as is known
    Column("received_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),
    Column("stake_fen", BigInteger),
    Column("facts", Text, nullable=False),  # JSON, see act/warnings/model.FACTS
    Column("retracted_at_us", BigInteger),
    Index(None, "recipient", "at_us"),
    Index(None, "indicator"),
    Index(None, "ground"),
)
"""One row an observed contact with fraud; a later word about the same contact takes its place."""

warning_send = Table(
    "warning_send",
    metadata,
    Column("send_id", String(32), primary_key=True),  # of warning, channel and purpose: never the same twice
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), nullable=False),
    Column("recipient", String(40), nullable=False),
    Column("campaign", String(64), nullable=False),
    Column("channel", String(8), nullable=False),  # sms, push, bank
    Column("purpose", String(12), nullable=False),  # warn, correct
    Column("rank", Integer, nullable=False),  # of the warning when it was planned
    # due, handing, handed, delivered, failed, unknown, suppressed, cancelled
    Column("state", String(12), nullable=False),
    Column("reason", String(24), nullable=False),  # why suppressed, cancelled or failed; "" otherwise
    Column("planned_at_us", BigInteger, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),  # not before
    Column("expires_at_us", BigInteger, nullable=False),  # not after
    Column("handed_at_us", BigInteger),
    Column("settled_at_us", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("receipt", String(64), nullable=False),  # what the channel calls it; "" before it is handed over
    UniqueConstraint("warning_id", "channel", "purpose"),
    Index(None, "state", "due_at_us"),
    Index(None, "channel", "state", "due_at_us"),
    Index("ix_warning_send_to_claim", "channel", "state", "rank", "due_at_us"),
    Index(None, "recipient", "channel", "planned_at_us"),
)
"""One row a message to be sent, sent, or held back with its reason."""

warning_call = Table(
    "warning_call",
    metadata,
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 …
    Column("operator", String(64), nullable=False),
    Column("began_at_us", BigInteger, nullable=False),
    Column("ended_at_us", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("stake_fen", BigInteger),
    Column("script", String(40), nullable=False),  # type and version that was shown
    Column("verified", String(12), nullable=False),  # call_back, phrase, refused, "" when nobody asked
    Column("note", Text, nullable=False),
    Index(None, "operator", "began_at_us"),
)
"""One row an attempt to call."""

warning_move = Table(
    "warning_move",
    metadata,
    Column("move_id", RowId, primary_key=True, autoincrement=True),
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("move", String(16), nullable=False),  # raised, lowered, escalated, resolved, lapsed, retracted, drawn …
    Column("detail", Text, nullable=False),  # JSON
)
"""One row a change of a warning that its events, messages and calls do not tell by themselves."""

warning_mute = Table(
    "warning_mute",
    metadata,
    Column("recipient", String(40), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("asked_by", String(64), nullable=False),
)
"""One row a recipient who wants no messages of the lowest tier; the others still come."""

statement = Table(
    "statement",
    metadata,
    Column("statement_id", String(16), primary_key=True),
    Column("recipient", String(40), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("source", String(64), nullable=False),
    Column("told_by", String(16), nullable=False),  # family, bank, worker, citizen, courier
    Column("taken_by", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("note_ref", String(80), nullable=False),  # where the vault keeps the words; "" for none
)
"""One row a recorded report that somebody is being talked to: what a warning without an indicator rests on."""

warning_policy = Table(
    "warning_policy",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 …
    Column("state", String(12), nullable=False),  # proposed, approved, declined, withdrawn
    Column("body", Text, nullable=False),  # YAML, as act/warnings/tiers reads it
    Column("why", Text, nullable=False),
    Column("back_test", Text, nullable=False),  # JSON: who would have been reached
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_at_us", BigInteger, nullable=False),
    Column("decided_by", String(64), nullable=False),  # "" until somebody has
    Column("decided_at_us", BigInteger),
    Column("decided_why", Text, nullable=False),  # the reason of who declined it; "" otherwise
    Index(None, "state", "version"),
)
"""One row a proposed change of the tiers; the newest approved is in force, none: the preset of the settings."""

warning_draw = Table(
    "warning_draw",
    metadata,
    Column("draw_id", String(16), primary_key=True),
    Column("rank", Integer, nullable=False),  # the tier whose order was drawn
    Column("tier", String(16), nullable=False),
    Column("seed", String(32), nullable=False),  # hex; with it anybody draws the same order again
    Column("began_at_us", BigInteger, nullable=False),
    Column("ended_at_us", BigInteger),  # none: it is still how this tier is ordered
    Column("waiting", Integer, nullable=False),  # when it began
    Column("capacity", Integer, nullable=False),  # who could be reached in time of these
    Index(None, "rank", "began_at_us"),
)
"""One row a time in which a tier held more people than could be reached, and its order was drawn."""

warning_drawn = Table(
    "warning_drawn",
    metadata,
    Column("draw_id", String(16), ForeignKey("warning_draw.draw_id"), primary_key=True),
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), primary_key=True),
    Index(None, "warning_id"),
)
"""One row a warning that took its place in a draw: whom an analysis by assignment counts, reached or not."""
