"""Review a lead: a second person passes it, or gives it back to its drafter with a reason; or it is withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.move_lead import move_lead

if TYPE_CHECKING:
    from chainbreak.act.leads.model import Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def review_lead(office: Office, actor: Actor, lead_id: str, *, seen: int | None = None, dry_run: bool = False) -> Lead:
    """Pass a draft of somebody else.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: one's own (CB-LF-020), everything it rests on was judged false (CB-LF-022), run out (CB-LF-023).
    """
    return move_lead(office, actor, lead_id, "review", seen=seen, dry_run=dry_run)


def send_back_lead(
    office: Office, actor: Actor, lead_id: str, reason: str, *, seen: int | None = None, dry_run: bool = False
) -> Lead:  # fmt: skip
    """Give a lead back to its drafter.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no reason (CB-LF-010), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "send_back", {"reason": reason.strip()}, seen=seen, dry_run=dry_run)


def withdraw_lead(
    office: Office, actor: Actor, lead_id: str, reason: str, *, seen: int | None = None, dry_run: bool = False
) -> Lead:  # fmt: skip
    """Give up a lead that no unit has.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no reason (CB-LF-010), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "withdraw", {"reason": reason.strip()}, seen=seen, dry_run=dry_run)
