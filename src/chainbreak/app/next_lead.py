"""Take the next lead: the one of highest priority that waits for the actor and that nobody else has open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.machine import OPEN, waits
from chainbreak.act.leads.model import Signals, State
from chainbreak.act.leads.ranking import priority
from chainbreak.app.move_lead import lead_now, may_read, may_read_leads
from chainbreak.store.desk.leads import Wanted

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

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
        taken = leads.take_first(conn, waiting_leads(conn, actor, wanted or Wanted(), now), actor.name, now)
        if taken is None:
            return None
        append(conn, Entry.by(actor, now, "lead.take", f"lead:{taken}"))
    return show_lead_file(office, actor, taken)


def leads_waiting_for(office: Office, actor: Actor, limit: int) -> tuple[list[dict[str, Any]], int]:
    """The first rows, as lists show them, of the leads that wait for the actor, the highest priority first, and how
    many there are; none for who reads no leads.
    """
    from chainbreak.app.show_lead_file import lead_row
    from chainbreak.store.desk import leads

    if not may_read_leads(actor):
        return [], 0
    with office.desk.read() as conn:
        now = lead_now(conn, office.clock.now_us())
        waiting = waiting_leads(conn, actor, Wanted(), now)
        return [lead_row(columns, now) for columns in leads.columns_of(conn, waiting[:limit])], len(waiting)


def waiting_leads(conn: Connection, actor: Actor, wanted: Wanted, now_us: int) -> list[str]:
    """Ids of the leads of the filter that are awake, not past their end, and whose next move is the actor's to make;
    the highest priority first.
    """
    from chainbreak.store.desk import leads

    under_way = tuple(s for s in sorted(OPEN) if not wanted.states or s in wanted.states)
    if not under_way:
        return []
    rows = leads.to_rank(conn, replace(wanted, states=under_way, snoozed=False), now_us)
    waiting = [
        row for row in rows
        if row.expires_at_us > now_us
        and waits(State(row.state), row.editors.split("\n"), row.reviewed_by, row.sent_back, actor)
    ]  # fmt: skip
    return ranked(waiting, now_us)


def ranked(rows: Iterable[Row[Any]], now_us: int) -> list[str]:
    """Ids of rows of `store.desk.leads.to_rank`, the highest priority first; equals by id."""
    placed = sorted((-priority(row.kind, Signals.from_text(row.signals), now_us), row.lead_id) for row in rows)
    return [lead_id for _, lead_id in placed]
