"""Tables of orders, their history, approvals, supports, notices and appeals, and the reference lists they rest on.

`order_event` is the truth and only ever grows; `order_file` is what folding it gives, kept for lists and filters.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from chainbreak.store.desk.metadata import metadata
from chainbreak.store.desk.tables_findings import RowId

order_file = Table(
    "order_file",
    metadata,
    Column("order_id", String(24), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("rung", String(32), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("object", String(255), nullable=False),  # a written token, a domain, a cell
    Column("case_ref", String(64), nullable=False),
    Column("amount_fen", BigInteger),
    Column("drafted_by", String(64), nullable=False),
    Column("starts_at_us", BigInteger, nullable=False),
    Column("ends_at_us", BigInteger, nullable=False),  # the earliest time at which it is over by itself
    Column("receipt_hash", String(64), nullable=False, unique=True),  # SHA-256 of the receipt code
    Column("updated_at_us", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the folded order
    Index(None, "state", "ends_at_us"),
    Index(None, "object"),
    Index(None, "case_ref"),
    Index(None, "updated_at_us"),
)
"""One row an order as it stands."""

order_event = Table(
    "order_event",
    metadata,
    Column("order_id", String(24), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 0, 1, 2 … without a gap
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("move", String(24), nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the event
    Index(None, "actor", "at_us"),
)
"""One row a move of an order; never changed, never deleted."""

order_approval = Table(
    "order_approval",
    metadata,
    Column("order_id", String(24), ForeignKey("order_file.order_id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("approver", String(64), primary_key=True),  # the same person cannot sign twice
    Column("digest", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
"""One row a signature under the digest of one revision."""

order_support = Table(
    "order_support",
    metadata,
    Column("order_id", String(24), ForeignKey("order_file.order_id"), primary_key=True),
    Column("ref", String(64), primary_key=True),  # `finding:ID`, `order:ID` or `claim:ID`
    Index(None, "ref"),
)
"""One row a thing an order's evidence rests on: the edges of the evidence graph."""

refuted = Table(
    "refuted",
    metadata,
    Column("ref", String(64), primary_key=True),  # `finding:ID`, `order:ID` or `claim:ID`
    Column("by_order", String(24), nullable=False),  # the order appealed against, or the claim that was voided
    Column("at_us", BigInteger, nullable=False),
)
"""One row a support that an upheld appeal, or the end of a claim, has taken away."""

detector_outcome = Table(
    "detector_outcome",
    metadata,
    Column("order_id", String(24), primary_key=True),
    Column("finding_id", String(16), primary_key=True),
    Column("detector", String(40), nullable=False),
    Column("version", String(16), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("outcome", String(12), nullable=False),  # wrong
    Column("reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "detector", "version"),
)
"""One row a finding that a decided appeal says something about; its object class joins the look-alike test set."""

task = Table(
    "task",
    metadata,
    Column("task_id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),  # weakened_order, moved_money, partial_answer, …
    Column("order_id", String(24), ForeignKey("order_file.order_id"), nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("opened_at_us", BigInteger, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),
    Column("done_at_us", BigInteger),
    Column("done_by", String(64)),
    Index(None, "done_at_us", "due_at_us"),
)
"""One row a thing somebody must look at, with a clock."""

notice = Table(
    "notice",
    metadata,
    Column("order_id", String(24), ForeignKey("order_file.order_id"), primary_key=True),
    Column("state", String(8), nullable=False),  # due, deferred, given
    Column("review_at_us", BigInteger),  # a deferral is over at this time, whether or not anybody looks
    Column("channel", String(16)),
    Column("given_by", String(64)),
    Column("given_at_us", BigInteger),
    Index(None, "state", "review_at_us"),
)
"""One row an approved order: whether the person affected was told."""

appeal = Table(
    "appeal",
    metadata,
    Column("appeal_id", String(24), primary_key=True),
    Column("order_id", String(24), ForeignKey("order_file.order_id"), nullable=False, index=True),
    Column("state", String(8), nullable=False),  # open, accepted, upheld, refused
    Column("channel", String(8), nullable=False),  # code, hotline, counter, post
    Column("statement", Text, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("opened_at_us", BigInteger, nullable=False),
    Column("accept_due_us", BigInteger, nullable=False),
    Column("decide_due_us", BigInteger, nullable=False),
    Column("lapse_due_us", BigInteger, nullable=False),  # without a written refusal by then the order is over
    Column("accepted_at_us", BigInteger),
    Column("decided_by", String(64)),
    Column("decided_at_us", BigInteger),
    Column("reason", Text, nullable=False),
    Index(None, "state", "decide_due_us"),
)
"""One row an appeal."""

legal_basis = Table(
    "legal_basis",
    metadata,
    Column("basis_id", String(32), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("content", Text, nullable=False),
    Column("encoded_as", Text, nullable=False),
    Column("status", String(16), nullable=False),  # read, summary, NOT VERIFIED
    Column("kinds", String(200), nullable=False),  # kinds of order it may carry, space-separated; "" for background
    Column("retired", Boolean, nullable=False),
)
"""One row an article; `status` says how far its wording was checked, and is always shown beside it."""

exclusion = Table(
    "exclusion",
    metadata,
    Column("kind", String(8), primary_key=True),  # line, domain, account
    Column("how", String(8), primary_key=True),  # exact, prefix (digits), suffix (a domain and all below it)
    Column("value", String(255), primary_key=True),  # a public number or name, in clear
    Column("reason", Text, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("retired_at_us", BigInteger),  # NULL: it holds
    Column("retired_by", String(64)),
    Column("retired_reason", Text),
)
"""One row a thing that no order may touch without a second signature and its own reason; never deleted."""
