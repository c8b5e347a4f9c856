"""Set or remove one's own password; without one, each sign-in takes a one-time link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import UsageError
from chainbreak.records.actor import Actor
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

# NIST SP 800-63B section 3.1.1: at least 15 characters when it stands alone, no composition rules, at least 64 allowed.
SHORTEST, LONGEST = 15, 200


def set_password(office: Office, actor: Actor, password: str) -> None:
    """Set the actor's own password; empty removes it. Other sessions of theirs end.

    Raises:
        UsageError: shorter than 15 or longer than 200 characters (CB-PE-010).
    """
    if password and not SHORTEST <= len(password) <= LONGEST:
        raise UsageError("CB-PE-010", "the password's length is out of range", given=f"{len(password)} characters",
                         allowed=f"{SHORTEST}-{LONGEST}")  # fmt: skip
    from argon2 import PasswordHasher

    hashed = PasswordHasher().hash(password) if password else None
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        people.change_columns(conn, actor.name, now, password_hash=hashed)
        people.drop_sessions_of(conn, actor.name)
        append(conn, Entry.by(actor, now, "person.password", f"person:{actor.name}", payload={"set": bool(password)}))
