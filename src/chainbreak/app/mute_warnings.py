"""A recipient who wants no messages of the lowest tier, for a while; every other warning still comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.next_warning import must_call
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST_DAYS = 180
"""Longer than half a year nobody remembers having asked (console, section 4: a snooze ends)."""


def mute_warnings(office: Office, actor: Actor, warning_id: str, days: int = 30) -> int:
    """Mute the lowest tier for the recipient of a warning who asked for it; until when (UTC µs). 0 days: no longer.

    Raises:
        UsageError: no such warning (CB-WA-141), or not 0 to 180 days (CB-WA-158).
        RefusedError: the actor works no calls (CB-WA-140).
    """
    from sqlalchemy import delete, insert

    from chainbreak.app.open_warning import row_named
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_warnings import warning_mute as m

    must_call(actor)
    if not 0 <= days <= MOST_DAYS:
        raise UsageError("CB-WA-158", "not so long", given=str(days), allowed=f"0 to {MOST_DAYS} days")
    now = office.clock.now_us()
    until = now + days * US_PER_DAY
    with office.desk.begin() as conn:
        recipient = row_named(conn, warning_id)["recipient"]
        conn.execute(delete(m).where(m.c.recipient == recipient))
        if days:
            conn.execute(insert(m).values(recipient=recipient, at_us=now, until_us=until, asked_by=actor.name))
        append(conn, Entry.by(actor, now, "warning.mute", f"warning:{warning_id}", purpose="warn",
                              payload={"recipient": recipient, "days": days}))  # fmt: skip
    return until
