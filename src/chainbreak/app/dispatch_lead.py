"""Send a reviewed lead to a district or unit with a deadline; or call back what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.model import KINDS, Lead
from chainbreak.app.move_lead import lead_now, move_lead, read_lead

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def dispatch_lead(
    office: Office, actor: Actor, lead_id: str, unit: str = "", deadline_us: int | None = None, *,
    seen: int | None = None, dry_run: bool = False,
) -> Lead:  # fmt: skip
    """Send it. `unit` "": the one the draft means; `deadline_us` None: the kind's default.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: one's own (CB-LF-020), the machine's with no second person (CB-LF-021), no unit (CB-LF-014), a
            deadline that does not fit (CB-LF-025), and as `review_lead`.
    """
    with office.desk.read() as conn:
        lead, now = read_lead(conn, lead_id), lead_now(conn, office.clock.now_us())
    data = dispatch_data(lead, now, unit, deadline_us)
    # The defaults were taken from what was read, so that it must still stand when it is written.
    return move_lead(office, actor, lead_id, "dispatch", data, dry_run=dry_run,
                     seen=lead.events if seen is None else seen)  # fmt: skip


def dispatch_data(lead: Lead, now_us: int, unit: str, deadline_us: int | None) -> dict[str, Any]:
    """What a dispatch says, with what was left out filled in."""
    due = deadline_us or min(now_us + KINDS[lead.content.kind].deadline_us, lead.content.expires_at_us)
    return {"unit": unit.strip() or lead.content.unit, "deadline_us": str(due)}


def recall_lead(
    office: Office, actor: Actor, lead_id: str, reason: str, *, seen: int | None = None, dry_run: bool = False
) -> Lead:  # fmt: skip
    """Call back a lead that a unit has; the unit sees by whom and why.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no reason (CB-LF-010), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "recall", {"reason": reason.strip()}, seen=seen, dry_run=dry_run)
