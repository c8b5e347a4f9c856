"""Tables of cases and what was put into them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from chainbreak.store.desk.metadata import metadata

case_file = Table(
    "case_file",
    metadata,
    Column("case_id", String(64), primary_key=True),  # the authority's own number
    Column("title", String(200), nullable=False),
    Column("state", String(8), nullable=False),  # open, closed
    Column("opened_by", String(64), nullable=False),
    Column("opened_at_us", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
)
"""One row a case."""

case_link = Table(
    "case_link",
    metadata,
    Column("case_id", String(64), ForeignKey("case_file.case_id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # finding, order, report
    Column("ref", String(64), primary_key=True),
    Column("linked_by", String(64), nullable=False),
    Column("linked_at_us", BigInteger, nullable=False),
    Index(None, "kind", "ref"),
)
"""One row a thing that belongs to a case."""
