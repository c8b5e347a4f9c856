"""People who heard of a wrong warning by voice alone, and are called about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_CALL = (Role.HOTLINE, Role.COMMANDER)


def list_corrections(office: Office) -> list[dict[str, Any]]:
    """Calls of correction that nobody has made, the oldest first: warning_id, recipient, opened_at_us."""
    from chainbreak.store.desk import retractions

    with office.desk.read() as conn:
        return [{name: row[name] for name in ("warning_id", "recipient", "opened_at_us")}
                for row in retractions.waiting_calls(conn)]  # fmt: skip


def made_correction(office: Office, actor: Actor, warning_id: str) -> None:
    """Note that somebody told the person by voice that the warning was wrong.

    Raises:
        RefusedError: the role (CB-WA-101).
        UsageError: no such call waits (CB-WA-110).
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import retractions

    if not actor.has(*MAY_CALL):
        raise RefusedError("CB-WA-101", "this role makes no calls", allowed=", ".join(MAY_CALL))
    with office.desk.begin() as conn:
        now = office.clock.now_us()
        if not retractions.finish_call(conn, warning_id, actor.name, now):
            raise UsageError("CB-WA-110", "no such call of correction waits", given=warning_id[:40])
        append(conn, Entry.by(actor, now, "warning.correct", f"warning:{warning_id}", purpose="warn"))
