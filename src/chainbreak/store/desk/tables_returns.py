"""Tables of returns: `return_event` is the truth and only ever grows; `return_file` and `return_share` are what folding
it gives, for lists and for the limit that a claim has over all returns.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from chainbreak.store.desk.metadata import metadata

return_file = Table(
    "return_file",
    metadata,
    Column("return_id", String(16), primary_key=True),  # RT-000123; counted, never reused
    Column("number", Integer, nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("account", String(32), nullable=False),  # a written token
    Column("round", Integer, nullable=False),
    Column("legal_case", String(12), nullable=False),
    Column("frozen_fen", BigInteger, nullable=False),  # this round's pot
    Column("returned_fen", BigInteger, nullable=False),  # what this round's division gives
    Column("still_frozen_fen", BigInteger, nullable=False),
    Column("victims", Integer, nullable=False),
    Column("objections", Integer, nullable=False),  # open ones
    Column("notice_until_us", BigInteger),
    Column("frozen_until_us", BigInteger, nullable=False),
    Column("receipt_hash", String(64), nullable=False, unique=True),  # SHA-256 of the announcement's code
    Column("updated_at_us", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the folded return
    Index(None, "account"),
    Index(None, "state", "number"),
)
"""One row a return as it stands."""

return_event = Table(
    "return_event",
    metadata,
    Column("return_id", String(16), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 0, 1, 2 … without a gap
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("move", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the event
    Index(None, "actor", "at_us"),
)
"""One row a move of a return; never changed, never deleted."""

return_share = Table(
    "return_share",
    metadata,
    Column("return_id", String(16), ForeignKey("return_file.return_id"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("claim_id", String(255), primary_key=True),
    Column("fen", BigInteger, nullable=False),
    Column("outcome", String(8), nullable=False),  # due, paid, failed
    Index(None, "claim_id"),
)
"""One row a share that was decided: what a claim has got, or is owed, over all returns."""
