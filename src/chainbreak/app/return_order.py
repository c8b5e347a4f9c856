"""Give a submitted order, or a wished extension, back with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order
from chainbreak.app.order_ask import plain_ask, rules_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def return_order(office: Office, actor: Actor, order_id: str, reason: str) -> Order:
    """The order as a draft again, or in force to its old end without the extension.

    Raises:
        UsageError: no such order (CB-OR-003).
        RefusedError: no reason (CB-OR-048), nothing waits (CB-OR-004), the role (CB-OR-005).
    """
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        move = "return_extension" if order.extension else "return"
        ask = plain_ask(office, conn, actor, {"reason": reason})
        return ledger.make(conn, move, order_id, order, ask, rules_of(office))
