"""What a partner's answer means for the message, for the order and for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from chainbreak.act.delivery import queue
from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import State
from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.store.desk.tables_delivery import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.point import Answer
    from chainbreak.act.orders.guards import Ask
    from chainbreak.act.orders.model import Order
    from chainbreak.act.orders.rules import Rules

ANSWERABLE = frozenset({State.SENT, State.ACKNOWLEDGED, State.EMERGENCY})


def record(conn: Connection, order: Order, message: Any, answer: Answer, ask: Ask, rules: Rules) -> Order:
    """Settle `message` by the partner's `answer` and tell the order; a partial or refused one opens a task.

    Returns the order after it.

    Raises:
        RefusedError: the role of `ask.actor` may not enter answers (CB-OR-005).
    """
    queue.settle(
        conn, message, queue.ACKNOWLEDGED, ask.at_us, actor=ask.actor.name, outcome=answer.outcome, code=answer.code,
        meaning=answer.meaning, digest=answer.digest, held_fen=answer.held_fen,
    )  # fmt: skip
    if order.state in ANSWERABLE and message.action == queue.BLOCK:
        said: dict[str, Any] = {"target": message.target, "outcome": answer.outcome}
        said |= {name: value for name in ("code", "meaning", "held_fen") if (value := getattr(answer, name))}
        order = ledger.make(conn, "answer", order.order_id, order, _with(ask, said), rules)
    if answer.outcome != queue.FULL:
        told = f"{message.target}: {answer.code} {answer.meaning}".strip()
        within_us = rules.clocks.answer_h * US_PER_HOUR if answer.within_min is None else answer.within_min * US_PER_MIN
        due = ask.at_us + within_us
        ledger.open_task(conn, f"{answer.outcome}_answer", order.order_id, told, ask.at_us, due)
    return order


def corrected(conn: Connection, order: Order, ask: Ask, rules: Rules) -> Order:
    """The order, corrected once every partner that ever received it has followed the correction."""
    o = outbox.c
    followed = (o.state == queue.VERIFIED) | ((o.state == queue.ACKNOWLEDGED) & (o.detail == queue.FULL))
    done = select(o.target).where(o.order_id == order.order_id, o.action == queue.CORRECT, followed)
    acknowledged = sorted(conn.execute(done).scalars())
    if order.state is not State.ANNULLED or set(order.sent_to) - set(acknowledged):
        return order
    return ledger.make(conn, "correct", order.order_id, order, _with(ask, {"acknowledged": acknowledged}), rules)


def _with(ask: Ask, said: dict[str, Any]) -> Ask:
    return replace(ask, data={**ask.data, **said})
