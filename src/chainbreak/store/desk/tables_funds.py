"""Tables of the fund desk: trace runs, claims, hold proposals, and which order holds how much of which claim.

Amounts are int64 fen, times UTC µs. A run and a proposal are written once; a claim only changes its state.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from chainbreak.store.desk.metadata import metadata

trace_run = Table(
    "trace_run",
    metadata,
    Column("run_id", String(16), primary_key=True),  # T-000123; counted, never reused
    Column("number", Integer, nullable=False, unique=True),
    Column("what", String(280), nullable=False),  # what was traced: report:ID, transfer:ID, account:TOKEN
    Column("rule", String(16), nullable=False),
    Column("terms", Text, nullable=False),  # canonical JSON of rule, as_of_us, horizon_us, de_minimis_fen
    Column("ledger_digest", String(64), nullable=False),  # SHA-256 over the ledger's columns
    Column("ledger_version", Text, nullable=False),  # JSON: table of the lake -> version
    Column("made_by", String(64), nullable=False),
    Column("made_at_us", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of all that the run gave
    Column("digest", String(64), nullable=False),  # SHA-256 of body
    Index(None, "what", "number"),
    Index(None, "made_at_us"),
)
"""One row a trace; never changed."""

claim = Table(
    "claim",
    metadata,
    Column("claim_id", String(16), primary_key=True),  # C-000123; counted, never reused
    Column("number", Integer, nullable=False, unique=True),
    Column("report_id", String(255), nullable=False),
    Column("transfer_id", String(255), nullable=False),
    Column("lo_fen", BigInteger, nullable=False),  # the claim is [lo_fen, lo_fen + fen) of its transfer
    Column("fen", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),  # open, closed, void
    Column("opened_by", String(64), nullable=False),
    Column("opened_at_us", BigInteger, nullable=False),
    Column("ended_by", String(64)),
    Column("ended_at_us", BigInteger),
    Column("reason", Text, nullable=False),  # why it ended; "" while it is open
    Index(None, "report_id", "transfer_id"),
    Index(None, "transfer_id", "state"),
)
"""One row a part of a transfer that a victim claims. Void: it never should have been claimed, and what rested on it
alone falls; closed: it is settled or replaced, and what rested on it stays answerable."""

trace_claim = Table(
    "trace_claim",
    metadata,
    Column("run_id", String(16), ForeignKey("trace_run.run_id"), primary_key=True),
    Column("claim_id", String(16), ForeignKey("claim.claim_id"), primary_key=True),
    Index(None, "claim_id"),
)
"""One row a claim that a run followed."""

hold_proposal = Table(
    "hold_proposal",
    metadata,
    Column("run_id", String(16), ForeignKey("trace_run.run_id"), primary_key=True),
    Column("account", String(32), primary_key=True),  # a written token
    Column("position", Integer, nullable=False),  # 1 is worth most
    Column("bank", String(255), nullable=False),
    Column("partner", String(64), nullable=False),  # "" when no partner of the centre takes orders for this bank
    Column("amount_fen", BigInteger, nullable=False),
    Column("traced_fen", BigInteger, nullable=False),
    Column("balance_fen", BigInteger, nullable=False),
    Column("held_fen", BigInteger, nullable=False),  # other orders already hold or ask for this much there
    Column("p_there", Float, nullable=False),  # that the money is still there when the bank acts
    Column("expected_fen", BigInteger, nullable=False),
    Column("made_at_us", BigInteger, nullable=False),
    Column("order_id", String(24), ForeignKey("order_file.order_id")),  # what was drafted from it
    Column("body", LargeBinary, nullable=False),  # canonical JSON: path, shares of claims, dwell, why
    Index(None, "order_id"),
)
"""One row an account that a run proposes to hold money on, as it was when somebody drafted from it."""

hold_share = Table(
    "hold_share",
    metadata,
    Column("order_id", String(24), ForeignKey("order_file.order_id"), primary_key=True),
    Column("claim_id", String(16), ForeignKey("claim.claim_id"), primary_key=True),
    Column("run_id", String(16), ForeignKey("trace_run.run_id"), nullable=False),
    Column("account", String(32), nullable=False),
    Column("fen", BigInteger, nullable=False),
    Index(None, "claim_id", "account"),
    Index(None, "account"),
)
"""One row a claim that an order holds money for; the shares of an order sum to the amount it was drafted with."""
