"""One-time links: how a person gets in the first time, and each time when they keep no password."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from chainbreak.app.read_session import digest_of
from chainbreak.audit.log import Entry, append
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

# Long enough to hand a printed link to a colleague, short enough that a forgotten one is harmless.
LINK_LASTS_US = 8 * US_PER_HOUR


def issue_sign_in_link(office: Office, actor: Actor, name: str) -> str:
    """The path of a new link that signs `name` in once within 8 hours; only its digest is kept.

    Raises:
        UsageError: nobody active is called that (CB-PE-001).
        RefusedError: the actor is no administrator (CB-PE-005).
    """
    if not actor.has(Role.ADMIN):
        raise RefusedError("CB-PE-005", "only an administrator changes people", given=actor.name)
    secret, now = secrets.token_urlsafe(32), office.clock.now_us()
    with office.desk.begin() as conn:
        found = people.read_person(conn, name)
        if found is None or not found.active:
            raise UsageError("CB-PE-001", "nobody is called that here", given=name, next_step="chainbreak user list")
        people.write_link(conn, digest_of(secret), name, now, now + LINK_LASTS_US)
        append(conn, Entry.by(actor, now, "person.link", f"person:{name}"))
    return f"/sign-in/{secret}"
