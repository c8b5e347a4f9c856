"""Take the next lead: the one of highest priority that waits for the actor and that nobody else has open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.machine import OPEN, waits_for
from chainbreak.act.leads.model import Lead
from chainbreak.act.leads.ranking import priority
from chainbreak.app.move_lead import lead_now, may_read
from chainbreak.store.desk.leads import Wanted

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def next_lead(office: Office, actor: Actor, wanted: Wanted | None = None) -> dict[str, Any] | None:
    """The next lead, as `show_lead_file` gives it, or None; the lock ends after 10 idle minutes.

    Raises:
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    import json
    from dataclasses import replace

    from chainbreak.app.show_lead_file import show_lead_file
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import leads

    may_read(actor)
    wanted = wanted or Wanted()
    under_way = tuple(s for s in sorted(OPEN) if not wanted.states or s in wanted.states)
    with office.desk.begin() as conn:
        now = lead_now(conn, office.clock.now_us())
        rows = leads.rows(conn, replace(wanted, states=under_way or ("",), snoozed=False), now)
        waiting = [lead for lead in (Lead.from_dict(json.loads(row.body)) for row in rows)
                   if lead.content.expires_at_us > now and waits_for(lead, actor)]  # fmt: skip
        waiting.sort(key=lambda lead: (-priority(lead.content.kind, lead.content.signals, now), lead.lead_id))
        taken = leads.take_first(conn, (lead.lead_id for lead in waiting), actor.name, now)
        if taken is None:
            return None
        append(conn, Entry.by(actor, now, "lead.take", f"lead:{taken}"))
    return show_lead_file(office, actor, taken)
