"""Signing in, by one-time link or by password, with a limit on failures, and out again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from chainbreak.app.read_session import LASTS_US, digest_of
from chainbreak.audit.log import Entry, append
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.base.errors import RefusedError
from chainbreak.store.desk import people
from chainbreak.store.desk.people import Person, Session

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

# OWASP Authentication Cheat Sheet: count per account and per origin, slow down rather than lock for ever.
FAILURES, WITHIN_US = 5, 15 * US_PER_MIN


def sign_in_by_link(office: Office, secret: str, origin: str) -> str:
    """Use up a one-time link; returns the secret of the new session, for the cookie.

    Raises:
        RefusedError: unknown, used or run out (CB-PE-020), or too many failures from `origin` (CB-PE-022).
    """
    _check_limit(office, [f"from:{origin}"])
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        name = people.use_link(conn, digest_of(secret), now)
        found = people.read_person(conn, name) if name else None
        if found is not None and found.active:
            return _open_session(conn, found, now, "link")
    _note_failure(office, [f"from:{origin}"])
    raise RefusedError("CB-PE-020", "this link has been used, has run out, or never was",
                       next_step="ask an administrator for a new one: chainbreak user link NAME")  # fmt: skip


def sign_in_by_password(office: Office, name: str, password: str, origin: str) -> str:
    """Check a password; returns the secret of the new session, for the cookie.

    An unknown name costs as much time as a wrong password, so that names cannot be probed.

    Raises:
        RefusedError: name and password do not match (CB-PE-021), or too many failures (CB-PE-022).
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    subjects = [f"name:{name[:64]}", f"from:{origin}"]
    _check_limit(office, subjects)
    with office.desk.read() as conn:
        hashed, found = people.read_password_hash(conn, name), people.read_person(conn, name)
    hasher = PasswordHasher()
    try:
        hasher.verify(hashed or hasher.hash(secrets.token_urlsafe()), password)
    except (VerificationError, InvalidHashError):
        _note_failure(office, subjects)
        raise RefusedError("CB-PE-021", "name and password do not match") from None
    assert found is not None, "a hash was read for this name"
    with office.desk.begin() as conn:
        return _open_session(conn, found, office.clock.now_us(), "password")


def sign_out(office: Office, session: Session) -> None:
    """End a session."""
    with office.desk.begin() as conn:
        people.drop_session(conn, session.digest)
        now = office.clock.now_us()
        append(
            conn, Entry.by(session.person.actor(session.via), now, "person.sign_out", f"person:{session.person.name}")
        )


def _open_session(conn: Connection, found: Person, now: int, how: str) -> str:
    secret = secrets.token_urlsafe(32)
    new = Session(digest_of(secret), found, "console", secrets.token_urlsafe(24), now, now + LASTS_US)
    people.forget_before(conn, now - US_PER_DAY)
    people.write_session(conn, new, now)
    append(conn, Entry.by(found.actor("console"), now, "person.sign_in", f"person:{found.name}", payload={"how": how}))
    return secret


def _check_limit(office: Office, subjects: list[str]) -> None:
    with office.desk.read() as conn:
        failed = people.count_failures(conn, subjects, office.clock.now_us() - WITHIN_US)
    if failed >= FAILURES:
        raise RefusedError("CB-PE-022", "too many failed attempts", given=f"{failed}",
                           allowed=f"{FAILURES} in {WITHIN_US // US_PER_MIN} minutes",
                           next_step="wait, or use a one-time link")  # fmt: skip


def _note_failure(office: Office, subjects: list[str]) -> None:
    with office.desk.begin() as conn:
        people.note_failure(conn, subjects, office.clock.now_us())
