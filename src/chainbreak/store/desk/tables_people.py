"""Tables of people: who works here, how they get in, and who is in now.

Secrets never lie here: a password as its argon2 hash, a sign-in link and a session as the SHA-256 of 256 random bits
(so much entropy needs no slow hash). Times are UTC µs.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from chainbreak.store.desk.metadata import metadata

person = Table(
    "person",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("display_name", String(120), nullable=False),
    Column("roles", String(200), nullable=False),  # space-separated, sorted
    Column("active", Boolean, nullable=False),
    Column("password_hash", String(200)),
    Column("language", String(2)),  # null: the centre's
    Column("theme", String(8)),  # light, dark; null: the system's
    Column("keys_on", Boolean, nullable=False),  # single-letter keys (WCAG 2.1.4)
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
)
"""One row a person; never deleted, because the log names them."""

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person", String(64), ForeignKey("person.name"), nullable=False, index=True),
    Column("via", String(8), nullable=False),  # console, api
    Column("csrf", String(64), nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("seen_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),
)
"""One row a signed-in browser or an issued API token."""

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person", String(64), ForeignKey("person.name"), nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),
    Column("used_at_us", BigInteger),
)
"""One row a one-time link; used once or not at all."""

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(80), nullable=False),  # `name:…` or `from:…`
    Column("at_us", BigInteger, nullable=False),
    Index(None, "subject", "at_us"),
)
"""One row a failed attempt, by name tried and by address it came from; what the rate limit counts."""
