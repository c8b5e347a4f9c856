"""The outbox: what a move of an order means for partners, written in the same transaction as the move.

A message is `queued`, then `sent` once every guard has passed it on (carried again until the point has taken it, so
that nothing is lost with the process), `acknowledged` when the partner has answered and `verified` when a probe has
seen the effect; `failed` is a dead letter that a person must look at, `superseded` was overtaken by a newer one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, case, insert, select, update

from chainbreak.base.clock import US_PER_S
from chainbreak.store.desk.tables_delivery import outbox, receipt

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Event, Order

QUEUED, SENT, ACKNOWLEDGED, VERIFIED = "queued", "sent", "acknowledged", "verified"
FAILED, SUPERSEDED = "failed", "superseded"
BLOCK, WITHDRAW, CORRECT = "block", "withdraw", "correct"
FULL, PARTIAL, REJECTED, AGAIN = "full", "partial", "rejected", "again"
URGENCY = {WITHDRAW: 0, CORRECT: 0, BLOCK: 1}
"""Letting go goes before taking hold."""
_ENDS = frozenset({"release", "fall", "expire", "lapse"})


def follow(conn: Connection, before: Order | None, after: Order, event: Event) -> None:
    """Queue what `event` means for partners, and drop what it has overtaken."""
    from chainbreak.act.orders.model import State

    if before is not None and after.revision != before.revision:
        _supersede(conn, after)
    newly_signed = after.state is State.APPROVED and (before is None or before.state is not State.APPROVED)
    if newly_signed or event.move == "emergency":
        _queue(conn, after, BLOCK, after.content.partners, event.at_us)
        _queue(conn, after, WITHDRAW, set(after.sent_to) - set(after.content.partners), event.at_us)
    elif event.move in _ENDS:
        _queue(conn, after, WITHDRAW, after.sent_to, event.at_us)
    elif event.move == "annul":
        _queue(conn, after, CORRECT, after.sent_to, event.at_us)


def _queue(conn: Connection, order: Order, action: str, targets: Iterable[str], now_us: int) -> None:
    rows = [
        {
            "order_id": order.order_id, "revision": order.revision, "target": target, "action": action,
            "state": QUEUED, "urgency": URGENCY[action], "attempts": 0, "queued_at_us": now_us, "detail": "",
            # An order signed ahead of its start is not passed on before it.
            "due_at_us": max(now_us, order.content.starts_at_us) if action == BLOCK else now_us,
        }
        for target in targets
    ]  # fmt: skip
    if rows:
        conn.execute(insert(outbox), rows)


def _supersede(conn: Connection, order: Order) -> None:
    o = outbox.c
    overtaken = (o.order_id == order.order_id) & (o.revision < order.revision) & o.state.in_((QUEUED, SENT, FAILED))
    conn.execute(update(outbox).where(overtaken).values(state=SUPERSEDED))


def waiting(
    conn: Connection, now_us: int | None = None, states: Iterable[str] = (QUEUED, SENT), limit: int | None = None,
    but: Iterable[str] = (),
) -> list[Any]:  # fmt: skip
    """Messages not yet settled, withdrawals first; with `now_us` only those due; of those what was never passed on
    first, so that what is tried again at a partner that is down delays nobody; `but`: without the blocks for these.
    """
    o = outbox.c
    in_turn = (o.urgency, case((o.state == QUEUED, 0), else_=1), o.due_at_us, o.order_id, o.target)
    query = select(outbox).where(o.state.in_(tuple(states))).order_by(*in_turn)
    if now_us is not None:
        query = query.where(o.due_at_us <= now_us)
    if left_out := sorted(but):
        query = query.where((o.urgency == 0) | o.target.not_in(left_out))
    return list(conn.execute(query.limit(limit)))


def is_still(conn: Connection, message: Any, state: str) -> bool:
    """Whether the message is in `state` now: between taking it up and settling it anything may have happened."""
    return conn.execute(select(outbox.c.state).where(_same(message))).scalar() == state


def postpone(conn: Connection, message: Any, now_us: int, why: str, *, handed_over: bool = False) -> None:
    """Try again later: 1, 2, 5, 15, then every 60 s (delivery, section 2), with a tenth of jitter by order.

    `handed_over`: the partner has it and its own answer is awaited, so that only the answer is asked for again.
    """
    waits = (1, 2, 5, 15, 60)
    wait_us = waits[min(message.attempts, len(waits) - 1)] * US_PER_S
    jitter = zlib.crc32(message.order_id.encode()) % (wait_us // 10)
    changed: dict[str, Any] = {"attempts": outbox.c.attempts + 1, "due_at_us": now_us + wait_us + jitter, "detail": why}
    if handed_over and message.sent_at_us is None:
        changed["sent_at_us"] = now_us
    conn.execute(update(outbox).where(_same(message)).values(**changed))


def pass_on(conn: Connection, message: Any, now_us: int) -> None:
    """Mark a message sent: from here on it is carried until its partner has it. `sent_at_us` waits for that."""
    conn.execute(update(outbox).where(_same(message)).values(
        state=SENT, attempts=outbox.c.attempts + 1, detail="", sent_at_us=None
    ))  # fmt: skip
    note(conn, message, SENT, now_us)


def settle(conn: Connection, message: Any, state: str, now_us: int, **values: Any) -> None:
    """Bring a message to `state`, and keep the step as a receipt row.

    Values: actor, outcome, code, meaning, digest, held_fen.
    """
    changed: dict[str, Any] = {"state": state, "detail": values.get("outcome") or values.get("meaning", "")}
    if state in (ACKNOWLEDGED, VERIFIED, FAILED):
        changed["settled_at_us"] = now_us
    if state != FAILED and message.sent_at_us is None:
        changed["sent_at_us"] = now_us
    conn.execute(update(outbox).where(_same(message)).values(**changed))
    note(conn, message, state, now_us, **values)


def _same(message: Any) -> Any:
    o = outbox.c
    return (o.order_id == message.order_id) & (o.revision == message.revision) & (o.target == message.target)


def note(conn: Connection, message: Any, step: str, now_us: int, **values: Any) -> None:
    """Keep a step of a message that leaves its state as it is; `values` as for `settle`."""
    conn.execute(insert(receipt).values(
        order_id=message.order_id, revision=message.revision, target=message.target, at_us=now_us,
        actor=values.get("actor", "service"), step=step, outcome=values.get("outcome", ""),
        partner_code=values.get("code", ""), meaning=values.get("meaning", ""),
        response_digest=values.get("digest", ""), took_us=now_us - message.queued_at_us,
        held_fen=values.get("held_fen"),
    ))  # fmt: skip
