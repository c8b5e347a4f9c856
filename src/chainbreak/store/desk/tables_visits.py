"""Tables of visits: who goes to which door by when, what came of it, what proves it, and who is there to go.

No address lies here: the vault has it, under a name made from the visit's id. No column says anything of a household
beyond the answers to the checklist.
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

_SEALED = text("address_n > 0")

visit = Table(
    "visit",
    metadata,
    Column("visit_id", String(16), primary_key=True),  # V- and 12 hex digits, of the warning and `n`
    Column("warning_id", String(16), ForeignKey("warning.warning_id"), nullable=False),
    Column("n", Integer, nullable=False),  # 1 the first visit of this warning, 2, …
    Column("recipient", String(40), nullable=False),
    Column("state", String(12), nullable=False),  # see act/warnings/visits/model
    Column("reason", String(24), nullable=False),  # why suppressed or cancelled; "" otherwise
    Column("rank", Integer, nullable=False),  # of the warning when it asked
    Column("due_at_us", BigInteger, nullable=False),  # the visit should begin by then
    Column("stake_fen", BigInteger),
    Column("fraud", String(32), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("district", String(64), nullable=False),
    Column("place", String(64), nullable=False),  # a cell; "" when not known
    Column("lat", Float),  # of that cell's mast, not of the door
    Column("lon", Float),
    Column("facts_us", BigInteger, nullable=False),  # the newest contact that was known when it asked
    Column("asked_by", String(64), nullable=False),  # a person who asked to come again; "": the tier's rule
    Column("opened_at_us", BigInteger, nullable=False),
    Column("unit", String(64), nullable=False),  # who is to go: the district, or a unit it was handed to
    Column("officer", String(64), nullable=False),  # planned for, then accepted by; "" nobody yet
    Column("second", String(64), nullable=False),
    Column("turn", Integer),  # place in the officer's tour of the last plan
    Column("eta_us", BigInteger),  # arrival by that plan
    Column("address_n", Integer, nullable=False),  # how many times an address was entered; the last one holds
    Column("address_until_us", BigInteger),  # until when it may be revealed
    Column("accepted_at_us", BigInteger),
    Column("left_at_us", BigInteger),
    Column("arrived_at_us", BigInteger),
    Column("ended_at_us", BigInteger),
    Column("entry", String(12), nullable=False),  # met, refused, nobody; "" before
    Column("outcome", String(16), nullable=False),
    Column("card_left", Boolean, nullable=False),
    Column("checklist", Text, nullable=False),  # JSON: its name and version, item -> yes, no, unasked; "" before
    Column("updated_at_us", BigInteger, nullable=False),
    UniqueConstraint("warning_id", "n"),
    Index(None, "state", "unit", "due_at_us"),
    Index(None, "recipient", "opened_at_us"),
    Index(None, "officer", "state"),
    Index(None, "updated_at_us"),
    Index("ix_visit_address", "updated_at_us", sqlite_where=_SEALED, postgresql_where=_SEALED),
)
"""One row a visit that a warning asked for, suppressed ones too."""

visit_move = Table(
    "visit_move",
    metadata,
    Column("move_id", RowId, primary_key=True, autoincrement=True),
    Column("visit_id", String(16), ForeignKey("visit.visit_id"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("move", String(16), nullable=False),  # accept, leave, arrive, finish, hand_off, address, settle, cancel …
    Column("detail", Text, nullable=False),  # JSON, never an address
)
"""One row a change of a visit."""

visit_result = Table(
    "visit_result",
    metadata,
    Column("visit_id", String(16), ForeignKey("visit.visit_id"), primary_key=True),
    Column("client_key", String(64), primary_key=True),  # made by the browser once for a result
    Column("officer", String(64), nullable=False),
    Column("received_at_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON as it came, without the code
    Column("standing", String(12), nullable=False),  # taken, conflict, settled
    Column("reason", String(24), nullable=False),  # why it is a conflict; "" otherwise
    Index(None, "standing"),
)
"""One row a result that was sent, however late: what could not be taken stands here until somebody has seen to it."""

visit_code = Table(
    "visit_code",
    metadata,
    Column("visit_id", String(16), ForeignKey("visit.visit_id"), primary_key=True),
    Column("way", String(8), primary_key=True),  # said, card
    Column("digest", String(64), nullable=False),  # keyed; the code itself is kept nowhere
    Column("made_by", String(64), nullable=False),
    Column("made_at_us", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at_us", BigInteger),
)
"""One row a one-time code of a visit."""

visit_proof = Table(
    "visit_proof",
    metadata,
    Column("visit_id", String(16), ForeignKey("visit.visit_id"), primary_key=True),
    Column("way", String(8), primary_key=True),  # said, card, distance, second
    Column("at_us", BigInteger, nullable=False),
    Column("given_by", String(64), nullable=False),
    Column("metres", Integer),  # of `distance` alone: from the mast, in steps of 100
)
"""One row a sign that a visit took place."""

visit_staff = Table(
    "visit_staff",
    metadata,
    Column("name", String(64), ForeignKey("person.name"), primary_key=True),
    Column("unit", String(64), nullable=False, index=True),  # a district, or `specialist`
    Column("place", String(64), nullable=False),  # a cell near the station; "" when not known
    Column("lat", Float),
    Column("lon", Float),
    Column("since_us", BigInteger, nullable=False),
    Column("set_by", String(64), nullable=False),
)
"""One row a person who is on duty for visits."""
