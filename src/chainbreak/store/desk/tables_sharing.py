"""Tables of sharing: what others report, what of it could not be read, and how far each source has been read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from chainbreak.store.desk.metadata import metadata

indicator = Table(
    "indicator",
    metadata,
    Column("source", String(32), ForeignKey("partner.partner_id"), primary_key=True),
    Column("shared_id", String(80), primary_key=True),  # the source's own id; `#2` where one pattern names several
    Column("kind", String(16), nullable=False),  # line, account, domain, url
    Column("object", String(1024), nullable=False),  # a written token, or a domain or address in clear
    Column("version_us", BigInteger, nullable=False),  # the source changed it last
    Column("first_seen_us", BigInteger, nullable=False),
    Column("last_seen_us", BigInteger, nullable=False),  # by the source; sightings are kept apart
    Column("valid_until_us", BigInteger),  # NULL: the source sets no end
    Column("confidence", Integer),  # 0..100, as the source says; NULL: it does not
    Column("revoked", Boolean, nullable=False),
    Column("pulled_at_us", BigInteger, nullable=False),
    Index(None, "object"),
    Index(None, "source", "kind"),
)
"""One row an indicator of a source. It is something to look at, never an order."""

indicator_sighting = Table(
    "indicator_sighting",
    metadata,
    Column("source", String(32), ForeignKey("partner.partner_id"), primary_key=True),
    Column("sighting_id", String(80), primary_key=True),
    Column("shared_id", String(80), nullable=False),
    Column("says", String(5), nullable=False),  # seen, false (it was wrong), over (it has ended)
    Column("count", Integer, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "source", "shared_id"),
)
"""One row what somebody at the source said about an indicator; its own id makes a repeat harmless."""

indicator_refused = Table(
    "indicator_refused",
    metadata,
    Column("source", String(32), ForeignKey("partner.partner_id"), primary_key=True),
    Column("shared_id", String(80), primary_key=True),
    Column("code", String(16), nullable=False),
    Column("what", Text, nullable=False),  # never the content: it may hold identifiers
    Column("at_us", BigInteger, nullable=False),
)
"""One row an object of a source that could not be read."""

indicator_source = Table(
    "indicator_source",
    metadata,
    Column("source", String(32), ForeignKey("partner.partner_id"), primary_key=True),
    Column("marker", String(64), nullable=False),  # the source's own mark of how far it was read
    Column("pulled_at_us", BigInteger, nullable=False),
)
"""One row a source that was pulled from."""

indicator_met = Table(
    "indicator_met",
    metadata,
    Column("source", String(32), ForeignKey("partner.partner_id"), primary_key=True),
    Column("shared_id", String(80), primary_key=True),
    Column("last_us", BigInteger, nullable=False),  # the newest record of ours that was told of
    Column("count", Integer, nullable=False),
    Column("told_at_us", BigInteger, nullable=False),
)
"""One row an indicator that our own records met, and what its source was told last."""
