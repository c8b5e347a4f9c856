"""Say what came of a lead; the outcome becomes a label of its target and of what it rested on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.move_lead import move_lead

if TYPE_CHECKING:
    from chainbreak.act.leads.model import Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def close_lead(
    office: Office, actor: Actor, lead_id: str, outcome: str, note: str = "", *, seen: int | None = None,
    dry_run: bool = False,
) -> Lead:  # fmt: skip
    """Close with one of `model.OUTCOMES`; `wrong` needs its reason in words.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: no such outcome (CB-LF-027), no reason (CB-LF-010), nobody took it on (CB-LF-028), or the machine
            objects.
    """
    data = {"outcome": outcome, "reason": note.strip()}
    return move_lead(office, actor, lead_id, "close", data, seen=seen, dry_run=dry_run)
