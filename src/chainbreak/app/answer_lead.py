"""A unit answers: it signs for a lead, takes it on, or returns it with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.move_lead import move_lead

if TYPE_CHECKING:
    from chainbreak.act.leads.model import Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def receive_lead(office: Office, actor: Actor, lead_id: str, *, seen: int | None = None, dry_run: bool = False) -> Lead:
    """Sign for a lead without taking it on yet: the receipt is the digest of what was read.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: run out (CB-LF-023), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "receive", seen=seen, dry_run=dry_run)


def accept_lead(office: Office, actor: Actor, lead_id: str, *, seen: int | None = None, dry_run: bool = False) -> Lead:
    """Take a lead on; signs for it too.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: run out (CB-LF-023), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "accept", seen=seen, dry_run=dry_run)


def return_lead(
    office: Office, actor: Actor, lead_id: str, code: str, reason: str, *, seen: int | None = None,
    dry_run: bool = False,
) -> Lead:  # fmt: skip
    """Return a lead: `code` is one of `model.RETURN_REASONS`, `reason` says why in words.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no such reason class (CB-LF-026), no words (CB-LF-010), or the machine objects.
    """
    data = {"code": code, "reason": reason.strip()}
    return move_lead(office, actor, lead_id, "return", data, seen=seen, dry_run=dry_run)
