"""Compare one partner with the desk because a person wants it now; by itself it happens every ten minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.send_due import reconcile
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST_BLOCKS = 50_000
"""Reading more back keeps this process so long that orders would wait; a process of its own does it instead."""


def reconcile_now(office: Office, actor: Actor, partner_id: str) -> dict[str, Any]:
    """What was found and mended: `partner`, `missing`, `extra`, `mended`, `error`.

    Raises:
        UsageError: no such partner (CB-OR-080).
        RefusedError: only a liaison does (CB-OR-005), or it holds too much to compare here (CB-DL-229).
    """
    from sqlalchemy import func, select

    from chainbreak.act.delivery.queue import ACKNOWLEDGED, BLOCK, VERIFIED
    from chainbreak.app.change_partners import partner_row
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_delivery import outbox as o

    if not actor.has(Role.LIAISON):
        raise RefusedError("CB-OR-005", "only a liaison compares", given="+".join(sorted(actor.roles)),
                           allowed=Role.LIAISON)  # fmt: skip
    partner_row(office, partner_id)
    blocks = select(func.count()).where(
        o.c.target == partner_id, o.c.action == BLOCK, o.c.state.in_((ACKNOWLEDGED, VERIFIED))
    )
    with office.desk.begin() as conn:
        if (n := conn.execute(blocks).scalar_one()) > MOST_BLOCKS:
            raise RefusedError("CB-DL-229", "too much to compare in the service's own process", given=f"{n:,} blocks",
                               allowed=f"{MOST_BLOCKS:,}",
                               next_step=f"chainbreak outbox reconcile --partner {partner_id}")  # fmt: skip
        append(conn, Entry.by(actor, office.clock.now_us(), "outbox.reconcile", f"partner:{partner_id}"))
    return reconcile(office, [partner_id])[0]
