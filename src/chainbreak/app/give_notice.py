"""Note that the person affected was told, and list who still has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import DRAFTERS
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_GIVE = DRAFTERS | {Role.LIAISON}
NOT_TOLD = "not_told"
"""Task: a text with a notice did not arrive, or nobody knows."""
CHANNELS = ("letter", "sms", "counter", "hotline", "partner")


def give_notice(office: Office, actor: Actor, order_id: str, channel: str) -> None:
    """Record that the notice of an order was given through `channel`.

    Raises:
        UsageError: no such order (CB-OR-003), no notice is owed yet (CB-OR-066), no such channel (CB-OR-067).
        RefusedError: the role (CB-OR-005): nobody without a part in orders may say that a person was told.
    """
    from sqlalchemy import update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_orders import notice

    if not actor.has(*MAY_GIVE):
        raise RefusedError("CB-OR-005", "this role does not give notices", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_GIVE)))  # fmt: skip
    if channel not in CHANNELS:
        raise UsageError("CB-OR-067", "no such channel", given=channel, allowed=", ".join(CHANNELS))
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        now = ledger.order_now(conn, office.clock.now_us())
        given = update(notice).where(notice.c.order_id == order_id)
        done = conn.execute(given.values(state="given", channel=channel, given_by=actor.name, given_at_us=now))
        if done.rowcount == 0:
            raise UsageError("CB-OR-066", "no notice is owed before the order is approved", given=order_id)
        ledger.finish_tasks(conn, NOT_TOLD, order_id, now, actor.name)
        append(conn, Entry.by(actor, now, "order.notice", f"order:{order_id}", purpose=order.content.purpose,
                              case=order.content.case_ref, payload={"channel": channel}))  # fmt: skip


def due_notices(office: Office) -> list[dict[str, Any]]:
    """Orders whose notice is owed now: not yet given, or deferred beyond the review date. Rows (order_id, since)."""
    from sqlalchemy import or_, select

    from chainbreak.store.desk.tables_orders import notice as n

    with office.desk.read() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        overdue = (n.c.state == "deferred") & (n.c.review_at_us <= now)
        rows = conn.execute(select(n).where(or_(n.c.state == "due", overdue)).order_by(n.c.order_id))
        return [
            {"order_id": row.order_id, "deferred": row.state == "deferred",
             "review_at": rfc3339(row.review_at_us) if row.review_at_us else ""}
            for row in rows
        ]  # fmt: skip
