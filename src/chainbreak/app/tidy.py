"""Say of orders that time has ended that it has, so that partners are told at once. They were over without this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import standing
from chainbreak.act.orders.guards import Ask
from chainbreak.act.orders.model import State
from chainbreak.app.order_ask import rules_to_let_go
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def tidy(office: Office) -> int:
    """Close every order whose end has passed, and queue the messages that take it back; returns how many.

    Keys of old transactions are forgotten on the way.
    """
    rules = rules_to_let_go(office)
    with office.desk.begin() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        over = ledger.overdue_orders(conn, now)
        for order in over:
            word = standing(order, now)
            move = "lapse" if word == State.LAPSED else "expire"
            ask = Ask(SERVICE, now, {"reason": word})
            ledger.make(conn, move, order.order_id, order, ask, rules)
        office.desk.forget_keys(conn)
    return len(over)
