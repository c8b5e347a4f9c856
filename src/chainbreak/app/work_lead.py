"""Note how far the work on a lead is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.move_lead import move_lead

if TYPE_CHECKING:
    from chainbreak.act.leads.model import Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def work_lead(
    office: Office, actor: Actor, lead_id: str, note: str, *, seen: int | None = None, dry_run: bool = False
) -> Lead:  # fmt: skip
    """Add a note of progress.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no words (CB-LF-010), run out (CB-LF-023), or the machine objects.
    """
    return move_lead(office, actor, lead_id, "work", {"reason": note.strip()}, seen=seen, dry_run=dry_run)
