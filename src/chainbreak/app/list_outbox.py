"""What is on its way to partners, what failed, and where partners and the desk disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import queue
from chainbreak.act.orders.appeals import ACCEPTED, OPEN
from chainbreak.act.orders.model import ISSUED
from chainbreak.base.clock import US_PER_S, rfc3339
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST_COUNTED = 10_000
"""A page says "10,000 and more" in the time it takes to count that far."""
UNSETTLED = (queue.QUEUED, queue.SENT, queue.FAILED)
VIEWS = ("open", "failed", "disputed", "all")
"""Not settled; given up until somebody queues them again; answered less than in full, or appealed; everything."""


def list_outbox(
    office: Office, *, every: bool = False, limit: int = 200, view: str = "open", partner: str = "", about: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Messages of a view, unsettled ones first and withdrawals on top of those, else newest first.

    `every` is the view `all`; `partner`: only to that one; `about`: only of orders whose number or object begins so.
    Rows (order_id, revision, target, action, state, attempts, queued_at, age_s, detail, kind, object, amount_fen,
    queued_at_us, due_at_us, settled_at_us, code); `code`: of the error that stopped a failed one.

    Raises:
        UsageError: no such view (CB-US-001) or partner (CB-OR-080).
    """
    from chainbreak.store.desk.tables_delivery import outbox as o

    chosen = _chosen("all" if every else view, partner, about)
    unsettled = o.c.state.in_(UNSETTLED)
    urgent_first = chosen.where(unsettled).order_by(o.c.urgency, o.c.queued_at_us, o.c.order_id, o.c.target)
    # Of everything the index by time gives the newest; of a few among a million, the few are found first, then sorted.
    newest = o.c.queued_at_us.desc() if every or view == "all" else -o.c.queued_at_us
    newest_first = chosen.where(~unsettled).order_by(newest, o.c.order_id, o.c.target)
    now = office.clock.now_us()
    with office.desk.read() as conn:
        if partner:
            _must_be_partner(conn, partner)
        messages = list(conn.execute(urgent_first.limit(limit)))
        messages += conn.execute(newest_first.limit(limit - len(messages)))
        stopped = _codes(conn, [m.order_id for m in messages if m.state == queue.FAILED])
    return [
            {
                "order_id": m.order_id, "revision": m.revision, "target": m.target, "action": m.action,
                "state": m.state, "attempts": m.attempts, "queued_at": rfc3339(m.queued_at_us),
                "age_s": ((m.settled_at_us or now) - m.queued_at_us) // US_PER_S, "detail": m.detail,
                "kind": m.kind, "object": m.object, "amount_fen": m.amount_fen, "queued_at_us": m.queued_at_us,
                "due_at_us": m.due_at_us, "settled_at_us": m.settled_at_us,
                "code": stopped.get((m.order_id, m.revision, m.target), "") if m.state == queue.FAILED else "",
            }
            for m in messages
        ]  # fmt: skip


def _must_be_partner(conn: Connection, partner: str) -> None:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    known = list(conn.execute(select(p.c.partner_id)).scalars())
    if partner not in known:
        raise UsageError("CB-OR-080", "there is no such partner", given=partner, allowed=did_you_mean(partner, known))


def _codes(conn: Connection, order_ids: Sequence[str]) -> dict[tuple[str, int, str], str]:
    from sqlalchemy import select

    from chainbreak.store.desk.funds import chunks
    from chainbreak.store.desk.tables_delivery import receipt as r

    failed = select(r).where(r.c.step == queue.FAILED).order_by(r.c.receipt_id)
    rows = (row for some in chunks(order_ids) for row in conn.execute(failed.where(r.c.order_id.in_(some))))
    return {(row.order_id, row.revision, row.target): row.partner_code for row in rows}


def count_outbox(office: Office, *, partner: str = "", about: str = "") -> dict[str, int]:
    """How many messages each view holds, counted up to `MOST_COUNTED`."""
    from sqlalchemy import func, select

    with office.desk.read() as conn:
        some = {view: _chosen(view, partner, about).limit(MOST_COUNTED).subquery() for view in VIEWS}
        return {view: conn.execute(select(func.count()).select_from(of)).scalar_one() for view, of in some.items()}


def _chosen(view: str, partner: str, about: str) -> Select[Any]:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_orders import order_file as f

    query = select(o, f.c.kind, f.c.object, f.c.amount_fen).join(f, f.c.order_id == o.c.order_id).where(_in_view(view))
    if partner:
        query = query.where(o.c.target == partner)
    if about:
        starts = [column.startswith(about, autoescape=True) for column in (o.c.order_id, f.c.object)]
        query = query.where(starts[0] | starts[1])
    return query


def _in_view(view: str) -> ColumnElement[bool]:
    from sqlalchemy import select, true

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_orders import appeal
    from chainbreak.store.desk.tables_orders import order_file as f

    match view:
        case "open":
            return o.c.state.in_(UNSETTLED)
        case "failed":
            return o.c.state == queue.FAILED
        case "disputed":
            appealed = select(appeal.c.order_id).where(appeal.c.state.in_((OPEN, ACCEPTED)))
            short = o.c.detail.in_((queue.PARTIAL, queue.REJECTED)) & (o.c.state == queue.ACKNOWLEDGED)
            standing = (o.c.action != queue.BLOCK) | f.c.state.in_(sorted(ISSUED))
            return (short & standing) | (o.c.order_id.in_(appealed) & (o.c.state != queue.SUPERSEDED))
        case "all":
            return true()
    raise UsageError("CB-US-001", "no such view of the outbox", given=view, allowed=", ".join(VIEWS))


def retry_outbox(office: Office, actor: Actor, *, partner: str = "", order_id: str = "") -> int:
    """Queue failed messages again, once their cause is mended; returns how many. None named: all of them.

    Raises:
        RefusedError: only a liaison does (CB-OR-005).
    """
    from sqlalchemy import update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_delivery import outbox as o

    if not actor.has(Role.LIAISON):
        raise RefusedError("CB-OR-005", "only a liaison sends again", given="+".join(sorted(actor.roles)))
    now = office.clock.now_us()
    again = update(o).where(o.c.state == queue.FAILED).values(state=queue.QUEUED, due_at_us=now, settled_at_us=None)
    for column, only in ((o.c.target, partner), (o.c.order_id, order_id)):
        again = again.where(column == only) if only else again
    about = f"order:{order_id}" if order_id else f"partner:{partner}" if partner else "outbox"
    with office.desk.begin() as conn:
        n = conn.execute(again).rowcount
        append(conn, Entry.by(actor, now, "outbox.retry", about, payload={"messages": n, "partner": partner}))
    return n


def list_tasks(office: Office) -> list[dict[str, Any]]:
    """Things about orders that a person must look at, the first due first."""
    from chainbreak.act.orders import ledger

    with office.desk.read() as conn:
        return ledger.open_tasks(conn)
