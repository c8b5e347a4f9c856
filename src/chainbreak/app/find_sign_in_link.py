"""Whom an unused sign-in link is for, without using it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.read_session import digest_of
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def find_sign_in_link(office: Office, secret: str) -> str | None:
    """The display name of the person, or None when the link is unknown, used or has run out."""
    with office.desk.read() as conn:
        name = people.read_link(conn, digest_of(secret), office.clock.now_us())
        found = people.read_person(conn, name) if name else None
    return found.display_name if found and found.active else None
