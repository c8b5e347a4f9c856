"""Take the next lead: the one of highest priority that waits for the actor and that nobody else has open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.machine import OPEN, waits_for
from chainbreak.act.leads.model import Lead
from chainbreak.act.leads.ranking import priority
from chainbreak.app.move_lead import lead_now, may_read, may_read_leads
from chainbreak.store.desk.leads import Wanted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def next_lead(office: Office, actor: Actor, wanted: Wanted | None = None) -> dict[str, Any] | None:
    """The next lead, as `show_lead_file` gives it, or None; the lock ends after 10 idle minutes.

    Raises:
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    from chainbreak.app.show_lead_file import show_lead_file
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import leads

    may_read(actor)
    with office.desk.begin() as conn:
        now = lead_now(conn, office.clock.now_us())
        waiting = waiting_leads(conn, actor, wanted or Wanted(), now)
        taken = leads.take_first(conn, (lead.lead_id for lead in waiting), actor.name, now)
        if taken is None:
            return None
        append(conn, Entry.by(actor, now, "lead.take", f"lead:{taken}"))
    return show_lead_file(office, actor, taken)


def leads_waiting_for(office: Office, actor: Actor) -> list[dict[str, Any]]:
    """Rows, as lists show them, of every lead that waits for the actor, the highest priority first; none for who reads
    no leads.
    """
    from chainbreak.app.show_lead_file import lead_row

    if not may_read_leads(actor):
        return []
    with office.desk.read() as conn:
        now = lead_now(conn, office.clock.now_us())
        return [lead_row(lead, now) for lead in waiting_leads(conn, actor, Wanted(), now)]


def waiting_leads(conn: Connection, actor: Actor, wanted: Wanted, now_us: int) -> list[Lead]:
    """Leads of the filter that are awake, not past their end, and whose next move is the actor's to make."""
    import json
    from dataclasses import replace

    from chainbreak.store.desk import leads

    under_way = tuple(s for s in sorted(OPEN) if not wanted.states or s in wanted.states)
    if not under_way:
        return []
    rows = leads.rows(conn, replace(wanted, states=under_way, snoozed=False), now_us)
    found = (Lead.from_dict(json.loads(row.body)) for row in rows)
    waiting = [lead for lead in found if lead.content.expires_at_us > now_us and waits_for(lead, actor)]
    return sorted(waiting, key=lambda lead: (-priority(lead.content.kind, lead.content.signals, now_us), lead.lead_id))
