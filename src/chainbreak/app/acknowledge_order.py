"""Enter a partner's answer: carried out in full, in part, or refused; or that a correction was followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import queue
from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import ANSWERS
from chainbreak.act.orders.model import Order, State
from chainbreak.app.order_ask import plain_ask, rules_of
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.rules import Rules
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

CLOSED = (queue.SUPERSEDED, queue.QUEUED, queue.FAILED)


def acknowledge_order(
    office: Office, actor: Actor, order_id: str, target: str, outcome: str, code: str = "", meaning: str = ""
) -> Order:
    """The order with the answer of `target` (full, partial, rejected); `code` is the partner's, `meaning` ours.

    Raises:
        UsageError: no such order (CB-OR-003).
        RefusedError: no such answer (CB-OR-049), the partner was never sent it (CB-OR-050), the role (CB-OR-005).
    """
    rules = rules_of(office)
    if not actor.has(Role.LIAISON):
        raise RefusedError("CB-OR-005", "only a liaison enters answers", given="+".join(sorted(actor.roles)))
    if outcome not in ANSWERS:
        raise RefusedError("CB-OR-049", "no such answer", given=outcome, allowed=", ".join(ANSWERS))
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        message = _newest(conn, order_id, target)
        now = ledger.order_now(conn, office.clock.now_us())
        done = queue.VERIFIED if message.action == queue.CORRECT and outcome == "full" else queue.ACKNOWLEDGED
        queue.settle(conn, message, done, now, actor=actor.name, outcome=outcome, code=code, meaning=meaning)
        if message.action == queue.CORRECT:
            return _corrected(office, conn, actor, order, rules)
        if order.state in (State.SENT, State.ACKNOWLEDGED, State.EMERGENCY):
            data = {"target": target, "outcome": outcome, "code": code, "meaning": meaning}
            order = ledger.make(conn, "answer", order_id, order, plain_ask(office, conn, actor, data), rules)
        if outcome != "full":
            due = now + rules.clocks.answer_h * US_PER_HOUR
            ledger.open_task(conn, f"{outcome}_answer", order_id, f"{target}: {code} {meaning}".strip(), now, due)
    return order


def _newest(conn: Connection, order_id: str, target: str) -> Any:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o

    asked = select(o).where(o.c.order_id == order_id, o.c.target == target, o.c.state.not_in(CLOSED))
    row = conn.execute(asked.order_by(o.c.revision.desc()).limit(1)).first()
    if row is None:
        raise UsageError("CB-OR-050", "this partner was never sent the order", given=target,
                         next_step="chainbreak outbox list")  # fmt: skip
    return row


def _corrected(office: Office, conn: Connection, actor: Actor, order: Order, rules: Rules) -> Order:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o

    done = select(o.c.target).where(
        o.c.order_id == order.order_id, o.c.action == queue.CORRECT, o.c.state == queue.VERIFIED
    )
    acknowledged = sorted(conn.execute(done).scalars())
    if order.state is not State.ANNULLED or set(order.sent_to) - set(acknowledged):
        return order
    ask = plain_ask(office, conn, actor, {"acknowledged": acknowledged})
    return ledger.make(conn, "correct", order.order_id, order, ask, rules)
