"""Tables of the hotline's desk: how a citizen checks that it is us, what operators say, whom the fund desk hears of.

No phrase is kept: it derives from the row's random id under the centre's key, so these rows tell nobody what to say.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_warnings import warning, warning_call

warning_phrase = Table(
    "warning_phrase",
    metadata,
    Column("phrase_id", String(32), primary_key=True),  # 128 random bits in hex
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), nullable=False, index=True),
    Column("recipient", String(40), nullable=False),
    Column("code", String(4), nullable=False),  # what the citizen says who calls the published number
    Column("made_by", String(64), nullable=False),
    Column("made_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),  # of the phrase
    Column("code_until_us", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),  # wrong ones
    # live, shown (to the citizen), confirmed (the citizen said it), locked (too many wrong ones), replaced
    Column("state", String(12), nullable=False),
    Column("way", String(8), nullable=False),  # app, sms; "" until it was asked for
    Column("settled_at_us", BigInteger),
    Column("called_back_at_us", BigInteger),  # the citizen gave the code at the published number
    Index(None, "recipient", "state"),
    Index(None, "code_until_us", "code"),
)
"""One row a phrase and a case code, made when a card is opened; each phrase serves once or not at all."""

warning_script = Table(
    "warning_script",
    metadata,
    Column("fraud", String(32), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # after those that ship
    Column("state", String(12), nullable=False),  # proposed, approved, declined, retired
    Column("body", Text, nullable=False),  # YAML, as act/warnings/scripts reads it
    Column("why", Text, nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_at_us", BigInteger, nullable=False),
    Column("decided_by", String(64), nullable=False),  # "" until somebody has
    Column("decided_at_us", BigInteger),
)
"""One row a version of what operators say about a type of fraud; approved ones stand in the place of what ships."""

warning_alert = Table(
    "warning_alert",
    metadata,
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("raised_by", String(64), nullable=False),
    Column("stake_fen", BigInteger),
    Column("report_id", String(64), nullable=False),  # "" until the report is taken
    Column("state", String(8), nullable=False),  # open, taken, undone
    Column("taken_by", String(64), nullable=False),
    Column("taken_at_us", BigInteger),
    Index(None, "state", "at_us"),
)
"""One row a person who said that money has been sent: the fund desk acts at once."""

# What operators ask for all day, over the few warnings it is about: partial, so that taking contacts in pays nothing.
_HELD, _CALLED = text("holder IS NOT NULL"), text("attempts > 0")
Index("ix_warning_held", warning.c.holder, sqlite_where=_HELD, postgresql_where=_HELD)
Index("ix_warning_again", warning.c.call_at_us, sqlite_where=_CALLED, postgresql_where=_CALLED)
Index("ix_warning_call_ended_at_us", warning_call.c.ended_at_us)
