"""Note that leads have run out: the service does so with its rounds; judging by the clock never waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.leads.machine import OPEN
from chainbreak.app.move_lead import lead_now, move_in
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def lapse_leads(office: Office) -> list[str]:
    """Lapse every lead whose end has passed and return their ids; no write when there is none."""
    from chainbreak.store.desk import leads

    with office.desk.read() as conn:
        if not leads.past_their_end(conn, OPEN, lead_now(conn, office.clock.now_us())):
            return []
    with office.desk.begin() as conn:
        now = lead_now(conn, office.clock.now_us())
        over = leads.past_their_end(conn, OPEN, now)
        for lead_id in over:
            move_in(conn, SERVICE, now, lead_id, "lapse")
    return over
