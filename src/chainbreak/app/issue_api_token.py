"""Tokens for programs that use the API in a person's name."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from chainbreak.app.read_session import digest_of
from chainbreak.audit.log import Entry, append
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import people
from chainbreak.store.desk.people import Session

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def issue_api_token(office: Office, actor: Actor, name: str, days: int = 30) -> str:
    """A new bearer token that acts as `name` for `days` days; only its digest is kept, and it is shown once.

    Raises:
        UsageError: nobody active is called that (CB-PE-001), or `days` is not 1-365 (CB-PE-011).
        RefusedError: the actor is no administrator (CB-PE-005).
    """
    if not actor.has(Role.ADMIN):
        raise RefusedError("CB-PE-005", "only an administrator changes people", given=actor.name)
    if not 1 <= days <= 365:
        raise UsageError("CB-PE-011", "a token lasts 1-365 days", given=str(days))
    secret, now = secrets.token_urlsafe(32), office.clock.now_us()
    with office.desk.begin() as conn:
        found = people.read_person(conn, name)
        if found is None or not found.active:
            raise UsageError("CB-PE-001", "nobody is called that here", given=name, next_step="chainbreak user list")
        people.write_session(conn, Session(digest_of(secret), found, "api", "", now, now + days * US_PER_DAY), now)
        append(conn, Entry.by(actor, now, "person.token", f"person:{name}", payload={"days": days}))
    return secret
