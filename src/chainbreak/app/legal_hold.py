"""Legal holds: a class is not purged until a stated time. A hold is an entry of the log, and no longer than a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.retention import CLASSES
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

LONGEST_US = 366 * US_PER_DAY
"""A hold that shall last longer is placed again, by somebody who looks again."""


def place_hold(office: Office, actor: Actor, name: str, until_us: int, *, reason: str, case: str = "") -> None:
    """Hold class `name` until `until_us`; a second hold replaces the first.

    Raises:
        UsageError: no such class, or no such time (CB-PU-003).
        RefusedError: neither auditor nor commander (CB-PU-002), or no reason (CB-PU-004).
    """
    now = office.clock.now_us()
    if not now < until_us <= now + LONGEST_US:
        raise UsageError("CB-PU-003", "not a time for a hold", allowed="after now and within 366 days")
    _write(office, actor, "purge.hold", name, {"until_us": str(until_us)}, reason, case)


def lift_hold(office: Office, actor: Actor, name: str, *, reason: str, case: str = "") -> None:
    """End the hold of class `name` at once.

    Raises:
        As `place_hold`.
    """
    _write(office, actor, "purge.lift", name, {}, reason, case)


def holds_in_force(conn: Connection, now_us: int) -> dict[str, int]:
    """Class -> the end (UTC µs) of its hold, for those in force at `now_us` or at the highest time in the log."""
    from sqlalchemy import select

    from chainbreak.audit.log import highest_time_us, read_payload
    from chainbreak.audit.tables import entries

    about = select(entries.c.seq, entries.c.object).where(entries.c.action.in_(("purge.hold", "purge.lift")))
    newest = {row.object: row.seq for row in conn.execute(about.order_by(entries.c.seq))}
    ends = {
        name.removeprefix("retention:"): int((read_payload(conn, seq) or {}).get("until_us", 0))
        for name, seq in newest.items()
    }
    return {name: end for name, end in ends.items() if end > max(now_us, highest_time_us(conn))}


def _write(
    office: Office, actor: Actor, action: str, name: str, payload: dict[str, str], reason: str, case: str
) -> None:
    from chainbreak.audit.log import Entry, append

    names = [c.name for c in CLASSES]
    if name not in names:
        raise UsageError("CB-PU-003", "no such class", given=name, allowed=did_you_mean(name, names))
    if not actor.has(Role.AUDITOR, Role.COMMANDER):
        raise RefusedError("CB-PU-002", "only an auditor or a commander holds a class", given=actor.name)
    if not reason.strip():
        raise RefusedError("CB-PU-004", "a hold needs a reason", next_step="--reason WHY")
    with office.desk.begin() as conn:
        now = office.clock.now_us()
        append(conn, Entry.by(actor, now, action, f"retention:{name}", purpose=reason, case=case, payload=payload))
