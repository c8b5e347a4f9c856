"""Enter a partner's answer: carried out in full, in part, or refused; or that a correction was followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import answers, queue
from chainbreak.act.delivery.point import Answer
from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import ANSWERS
from chainbreak.app.order_ask import plain_ask, rules_of
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.model import Order
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
        ask = plain_ask(office, conn, actor)
        if message.action == queue.CORRECT and outcome == queue.FULL:
            queue.settle(conn, message, queue.VERIFIED, ask.at_us, actor=actor.name, outcome=outcome, code=code,
                         meaning=meaning)  # fmt: skip
            return answers.corrected(conn, order, ask, rules)
        return answers.record(conn, order, message, Answer(outcome, code, meaning), ask, rules)


def _newest(conn: Connection, order_id: str, target: str) -> Any:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o

    asked = select(o).where(o.c.order_id == order_id, o.c.target == target, o.c.state.not_in(CLOSED))
    row = conn.execute(asked.order_by(o.c.revision.desc()).limit(1)).first()
    if row is None:
        raise UsageError("CB-OR-050", "this partner was never sent the order", given=target,
                         next_step="chainbreak outbox list")  # fmt: skip
    return row
