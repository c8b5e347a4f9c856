"""Who is behind a request: the session of a cookie or token, unless it has run out or stood idle too long."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.desk.people import Session

# A desk left alone for a coffee stays open, one left for lunch does not; a shift is shorter than 12 hours.
IDLE_US = 20 * US_PER_MIN
LASTS_US = 12 * US_PER_HOUR
# Use is noted at most this often, so that reading a page rarely writes.
NOTE_USE_US = US_PER_MIN


def digest_of(secret: str) -> str:
    """SHA-256 of a secret in hex; secrets here are 256 random bits, so a fast digest cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_session(office: Office, secret: str) -> Session | None:
    """The live session of `secret`, its use noted, or None: unknown, ended, idle, or its person is gone."""
    with office.desk.read() as conn:
        found = people.read_session(conn, digest_of(secret))
    now = office.clock.now_us()
    if found is None or not found.person.active or now >= found.expires_at_us:
        return None
    if found.via == "console" and now - found.seen_at_us >= IDLE_US:
        return None
    if now - found.seen_at_us >= NOTE_USE_US:
        with office.desk.begin() as conn:
            people.touch_session(conn, found.digest, now)
    return found
