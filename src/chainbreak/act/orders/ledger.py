"""Orders in the desk: every move is one event, one leaf in the log and what follows from it, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from chainbreak.act.delivery import queue
from chainbreak.act.orders.drafting import receipt_hash
from chainbreak.act.orders.fold import event_from
from chainbreak.act.orders.force import ends_at_us
from chainbreak.act.orders.guards import Ask
from chainbreak.act.orders.machine import step
from chainbreak.act.orders.model import ISSUED, OVER, Event, Order, State
from chainbreak.audit import log
from chainbreak.audit.tables import entries
from chainbreak.base.errors import UsageError
from chainbreak.store.desk.funds import as_claims, chunks
from chainbreak.store.desk.tables_funds import hold_share
from chainbreak.store.desk.tables_orders import (
    notice,
    order_approval,
    order_event,
    order_file,
    order_support,
    refuted,
    task,
)

if TYPE_CHECKING:
    from chainbreak.act.orders.rules import Rules, Stops

SIGNATURES = ("approve", "confirm", "approve_extension")
RELEASE_ASKED = "release_asked"
"""Kind of the task by which somebody without that right asks for a release; over with the order."""


def order_now(conn: Connection, clock_us: int) -> int:
    """The time by which orders are judged: never before the highest time in the log, so no clock revives one."""
    return max(clock_us, log.highest_time_us(conn))


def read_order(conn: Connection, order_id: str) -> Order:
    """The order as it stands.

    Raises:
        UsageError: there is no such order (CB-OR-003).
    """
    body = conn.execute(select(order_file.c.body).where(order_file.c.order_id == order_id)).scalar()
    if body is None:
        raise UsageError("CB-OR-003", "there is no such order", given=order_id, next_step="chainbreak order list")
    return Order.from_dict(json.loads(body))


def read_by_code(conn: Connection, code: str) -> Order:
    """The order whose notice carries this receipt code.

    Raises:
        UsageError: no order has it (CB-OR-063).
    """
    found = select(order_file.c.body).where(order_file.c.receipt_hash == receipt_hash(code))
    body = conn.execute(found).scalar()
    if body is None:
        raise UsageError("CB-OR-063", "no order has this code", allowed="the code printed on the notice")
    return Order.from_dict(json.loads(body))


def read_events(conn: Connection, order_id: str) -> list[Event]:
    """Every move of an order, first to last."""
    e = order_event.c
    rows = conn.execute(select(e.body).where(e.order_id == order_id).order_by(e.seq))
    return [event_from(json.loads(row.body)) for row in rows]


def issued_orders(conn: Connection) -> Iterator[Order]:
    """Orders that were signed, or taken in an emergency, and that nobody has ended; time may have."""
    o = order_file.c
    rows = conn.execute(select(o.body).where(o.state.in_(sorted(ISSUED))).order_by(o.order_id))
    return (Order.from_dict(json.loads(row.body)) for row in rows)


def overdue_orders(conn: Connection, now_us: int) -> list[Order]:
    """Issued orders whose end has passed and that nobody has closed, the longest over first."""
    o = order_file.c
    over = select(o.body).where(o.state.in_(sorted(ISSUED)), o.ends_at_us <= now_us).order_by(o.ends_at_us, o.order_id)
    return [Order.from_dict(json.loads(row.body)) for row in conn.execute(over)]


def make(conn: Connection, move: str, order_id: str, order: Order | None, ask: Ask, rules: Rules) -> Order:
    """Make a move and keep everything that follows from it; returns the order after it.

    Raises:
        RefusedError: a guard objects; nothing is written.
    """
    after, event = step(move, order_id, order, ask, rules)
    conn.execute(insert(order_event).values(
        order_id=order_id, seq=event.seq, at_us=event.at_us, actor=event.actor, move=move, body=event.as_bytes()
    ))  # fmt: skip
    _keep(conn, order, after, event)
    _keep_supports(conn, order, after)
    if move in SIGNATURES:
        conn.execute(insert(order_approval).values(
            order_id=order_id, revision=order.revision if order else 1, approver=event.actor, digest=ask.digest,
            at_us=event.at_us,
        ))  # fmt: skip
    if after.state in (State.APPROVED, State.EMERGENCY) and (order is None or not order.approvals):
        _owe_notice(conn, after)
    queue.follow(conn, order, after, event)
    if after.state in OVER:
        finish_tasks(conn, RELEASE_ASKED, order_id, event.at_us, event.actor)
    log.append(conn, log.Entry.by(
        ask.actor, event.at_us, f"order.{move}", f"order:{order_id}", purpose=after.content.purpose,
        case=after.content.case_ref, payload=event.as_dict(),
    ))  # fmt: skip
    return after


def _keep(conn: Connection, before: Order | None, after: Order, event: Event) -> None:
    content = after.content
    columns: dict[str, Any] = {
        "state": after.state, "revision": after.revision, "rung": content.rung, "amount_fen": content.amount_fen,
        "case_ref": content.case_ref, "starts_at_us": content.starts_at_us, "ends_at_us": ends_at_us(after),
        "updated_at_us": event.at_us, "body": after.as_bytes(),
    }  # fmt: skip
    if before is None:
        conn.execute(insert(order_file).values(
            order_id=after.order_id, kind=content.kind, object=content.object, drafted_by=after.drafted_by,
            receipt_hash=receipt_hash(content.remedy["receipt_code"]), **columns,
        ))  # fmt: skip
    else:
        conn.execute(update(order_file).where(order_file.c.order_id == after.order_id).values(**columns))


def _keep_supports(conn: Connection, before: Order | None, after: Order) -> None:
    # Supports are only ever added: an order stays answerable for what an earlier version of it rested on.
    s = order_support.c
    known = set(conn.execute(select(s.ref).where(s.order_id == after.order_id)).scalars()) if before else set()
    new = sorted(after.content.supports() - known)
    if new:
        conn.execute(insert(order_support), [{"order_id": after.order_id, "ref": ref} for ref in new])


def _owe_notice(conn: Connection, order: Order) -> None:
    known = conn.execute(select(notice.c.order_id).where(notice.c.order_id == order.order_id)).first()
    if known is None:
        deferral = order.content.notice.get("deferral") or {}
        conn.execute(insert(notice).values(
            order_id=order.order_id, state="deferred" if deferral else "due", review_at_us=deferral.get("review_at_us")
        ))  # fmt: skip


def is_logged(conn: Connection, order: Order) -> bool:
    """Whether the log holds the leaf of the last signature under this order."""
    e = entries.c
    leaf = select(e.seq).where(
        e.object == f"order:{order.order_id}", e.action.in_([f"order.{move}" for move in SIGNATURES]),
        e.at_us == order.last_approved_us,
    )  # fmt: skip
    return conn.execute(leaf.limit(1)).first() is not None


def objects_of_kind(conn: Connection, kind: str) -> set[str]:
    """Every written token of this kind that an order was ever about."""
    o = order_file.c
    return set(conn.execute(select(o.object).distinct().where(o.object.startswith(f"{kind}:"))).scalars())


def held_elsewhere_fen(conn: Connection, forms: frozenset[str], but: str, now_us: int) -> int:
    """Fen that other standing orders hold on the same account at `now_us`, whatever their case; `forms`: every way in
    which orders write the account.
    """
    o = order_file.c
    others = select(o.amount_fen).where(
        o.object.in_(forms), o.order_id != but, o.state.in_(sorted(ISSUED)), o.ends_at_us > now_us,
        o.amount_fen.is_not(None),
    )  # fmt: skip
    return sum(conn.execute(others).scalars())


def held_for(
    conn: Connection, forms: frozenset[str], but: str, now_us: int, claims: Iterable[str]
) -> dict[str, int]:  # fmt: skip
    """claim_id -> fen that other standing orders hold for it on the same account at `now_us`; what they hold for
    another claim on the same money as one of `claims` is under the latter.
    """
    o, s = order_file.c, hold_share.c
    others = select(s.claim_id, s.fen, o.amount_fen).join(order_file, o.order_id == s.order_id).where(
        s.account.in_(forms), o.order_id != but, o.state.in_(sorted(ISSUED)), o.ends_at_us > now_us
    )  # fmt: skip
    held: dict[str, int] = {}
    for row in conn.execute(others):
        # An order that was lowered after its draft holds no more for any claim than its amount.
        held[row.claim_id] = held.get(row.claim_id, 0) + min(row.fen, row.amount_fen)
    return as_claims(conn, held, claims) if held else held


def stops_on(
    conn: Connection, forms: Iterable[str], stops: Stops, now_us: int, but: str = ""
) -> dict[str, list[tuple[int, int]]]:
    """Written form -> when issued orders stopped that account or still will, from and to, as far as it counts."""
    o = order_file.c
    since = select(o.object, o.body).where(
        o.order_id != but, o.amount_fen.is_not(None), o.state.in_(sorted(ISSUED | OVER)),
        o.ends_at_us > now_us - stops.counted_us,
    )  # fmt: skip
    told = (row for some in chunks(forms) for row in conn.execute(since.where(o.object.in_(some))))
    found: dict[str, list[tuple[int, int]]] = {}
    for row in told:
        order = Order.from_dict(json.loads(row.body))
        ends = min(ends_at_us(order), order.ended_at_us or ends_at_us(order))
        told_to_bank = order.state in ISSUED or order.sent_to
        if told_to_bank and order.content.rung in stops.rungs and ends > now_us - stops.counted_us:
            found.setdefault(row.object, []).append((order.content.starts_at_us, ends))
    return found


def emergency_by(conn: Connection, forms: frozenset[str]) -> frozenset[str]:
    """Who has taken an emergency measure against this object (in any of its `forms`) that nobody confirmed."""
    o, e = order_file.c, order_event.c
    taken = select(e.order_id, e.actor).join(order_file, o.order_id == e.order_id).where(
        e.move == "emergency", o.object.in_(forms)
    )  # fmt: skip
    rows = list(conn.execute(taken))
    signed = select(e.order_id).where(e.move == "confirm", e.order_id.in_([row.order_id for row in rows]))
    confirmed = set(conn.execute(signed).scalars())
    return frozenset(row.actor for row in rows if row.order_id not in confirmed)


def refuted_refs(conn: Connection) -> frozenset[str]:
    """Supports that appeals have taken away: `finding:ID`, `order:ID`."""
    return frozenset(conn.execute(select(refuted.c.ref)).scalars())


def refute(conn: Connection, refs: Iterable[str], by_order: str, now_us: int) -> None:
    """Note that an appeal about `by_order` has taken these supports away."""
    rows = [{"ref": ref, "by_order": by_order, "at_us": now_us} for ref in sorted(set(refs) - refuted_refs(conn))]
    if rows:
        conn.execute(insert(refuted), rows)


def all_supports(conn: Connection) -> dict[str, set[str]]:
    """Every order's supports, but those of orders that never left or are already annulled: the evidence graph."""
    gone = (State.WITHDRAWN, State.ANNULLED, State.CORRECTED)
    s, o = order_support.c, order_file.c
    rows = conn.execute(
        select(s.order_id, s.ref).join(order_file, o.order_id == s.order_id).where(o.state.not_in(gone))
    )
    supports: dict[str, set[str]] = {}
    for row in rows:
        supports.setdefault(row.order_id, set()).add(row.ref)
    return supports


def open_task(conn: Connection, kind: str, order_id: str, note: str, now_us: int, due_us: int) -> None:
    """Something about an order that a person must look at by `due_us`."""
    conn.execute(insert(task).values(kind=kind, order_id=order_id, note=note, opened_at_us=now_us, due_at_us=due_us))


def has_open_task(conn: Connection, kind: str, order_id: str) -> bool:
    """Whether a task of this kind about the order waits for somebody."""
    t = task.c
    known = select(t.task_id).where(t.kind == kind, t.order_id == order_id, t.done_at_us.is_(None))
    return conn.execute(known.limit(1)).first() is not None


def finish_tasks(conn: Connection, kind: str, order_id: str, at_us: int, by: str) -> None:
    """Tasks of this kind about the order are done."""
    t = task.c
    done = update(task).where(t.order_id == order_id, t.kind == kind, t.done_at_us.is_(None))
    conn.execute(done.values(done_at_us=at_us, done_by=by))


def open_tasks(conn: Connection) -> list[dict[str, Any]]:
    """Tasks that nobody has done, the most urgent first."""
    t = task.c
    rows = conn.execute(select(task).where(t.done_at_us.is_(None)).order_by(t.due_at_us, t.task_id))
    return [dict(row) for row in rows.mappings()]


def list_orders(
    conn: Connection, states: Iterable[str] | None, limit: int | None, before: tuple[int, str] | None = None,
    **equal: str | None,
) -> list[tuple[int, Order]]:  # fmt: skip
    """Orders with the time of their last change, the last changed first; `limit` None: all; `before`: only those that
    come after the order with this time and id; `equal`: kind, object, case_ref, drafted_by.
    """
    o = order_file.c
    query = select(o.updated_at_us, o.body).order_by(o.updated_at_us.desc(), o.order_id).limit(limit)
    if states is not None:
        query = query.where(o.state.in_(sorted(states)))
    if before is not None:
        at_us, order_id = before
        query = query.where((o.updated_at_us < at_us) | ((o.updated_at_us == at_us) & (o.order_id > order_id)))
    for name, value in equal.items():
        if value is not None:
            query = query.where(o[name] == value)
    return [(row.updated_at_us, Order.from_dict(json.loads(row.body))) for row in conn.execute(query)]
