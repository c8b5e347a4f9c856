"""Put a lead to sleep until a day, for a reason; wake it before; take back one's own last step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.leads.fold import UNDO
from chainbreak.app.move_lead import move_lead

if TYPE_CHECKING:
    from chainbreak.act.leads.model import Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def snooze_lead(
    office: Office, actor: Actor, lead_id: str, until_us: int, reason: str, *, seen: int | None = None,
    dry_run: bool = False,
) -> Lead:  # fmt: skip
    """Keep a lead out of the lists until `until_us`; its state and its clocks go on.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no reason (CB-LF-010), an end that does not fit (CB-LF-029), or the machine objects.
    """
    data = {"until_us": str(until_us), "reason": reason.strip()}
    return move_lead(office, actor, lead_id, "snooze", data, seen=seen, dry_run=dry_run)


def wake_lead(office: Office, actor: Actor, lead_id: str, *, seen: int | None = None, dry_run: bool = False) -> Lead:
    """End a snooze.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: it is awake (CB-LF-030), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "wake", seen=seen, dry_run=dry_run)


def undo_lead(office: Office, actor: Actor, lead_id: str, *, seen: int | None = None, dry_run: bool = False) -> Lead:
    """Take back one's own last step of a lead; what was before stands again, an outcome's labels go.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: it has left the house (CB-LF-031), or was somebody else's (CB-LF-032).
    """
    return move_lead(office, actor, lead_id, UNDO, seen=seen, dry_run=dry_run)
