"""Take back a draft, or an order that no partner holds yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order
from chainbreak.app.order_ask import plain_ask, rules_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def withdraw_order(office: Office, actor: Actor, order_id: str, reason: str = "") -> Order:
    """The order, withdrawn for good.

    Raises:
        UsageError: no such order (CB-OR-003).
        RefusedError: partners already hold it (CB-OR-007): release it instead.
    """
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        ask = plain_ask(office, conn, actor, {"reason": reason})
        return ledger.make(conn, "withdraw", order_id, order, ask, rules_of(office))
