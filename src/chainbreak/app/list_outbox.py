"""What is on its way to partners, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import queue
from chainbreak.base.clock import US_PER_S, rfc3339
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def list_outbox(office: Office, *, every: bool = False, limit: int = 200) -> list[dict[str, Any]]:
    """Messages not yet settled and failed ones, withdrawals first; `every`: settled ones too, newest first.

    Rows (order_id, revision, target, action, state, attempts, queued_at, age_s, detail).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o

    unsettled = (queue.QUEUED, queue.SENT, queue.FAILED)
    query = select(o).order_by(o.c.urgency, o.c.queued_at_us, o.c.order_id, o.c.target)
    if every:
        query = select(o).order_by(o.c.queued_at_us.desc(), o.c.order_id, o.c.target)
    else:
        query = query.where(o.c.state.in_(unsettled))
    now = office.clock.now_us()
    with office.desk.read() as conn:
        return [
            {
                "order_id": m.order_id, "revision": m.revision, "target": m.target, "action": m.action,
                "state": m.state, "attempts": m.attempts, "queued_at": rfc3339(m.queued_at_us),
                "age_s": ((m.settled_at_us or now) - m.queued_at_us) // US_PER_S, "detail": m.detail,
            }
            for m in conn.execute(query.limit(limit))
        ]  # fmt: skip


def retry_outbox(office: Office, actor: Actor) -> int:
    """Queue failed messages again, once their cause is mended; returns how many.

    Raises:
        RefusedError: only a liaison does (CB-OR-005).
    """
    from sqlalchemy import update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_delivery import outbox as o

    if not actor.has(Role.LIAISON):
        raise RefusedError("CB-OR-005", "only a liaison sends again", given="+".join(sorted(actor.roles)))
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        again = update(o).where(o.c.state == queue.FAILED).values(state=queue.QUEUED, due_at_us=now, settled_at_us=None)
        n = conn.execute(again).rowcount
        append(conn, Entry.by(actor, now, "outbox.retry", "outbox", payload={"messages": n}))
    return n


def list_tasks(office: Office) -> list[dict[str, Any]]:
    """Things about orders that a person must look at, the first due first."""
    from chainbreak.act.orders import ledger

    with office.desk.read() as conn:
        return ledger.open_tasks(conn)
