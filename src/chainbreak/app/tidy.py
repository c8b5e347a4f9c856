"""Say of orders that time has ended that it has, so that partners are told at once. They were over without this."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import ends_at_us, standing
from chainbreak.act.orders.guards import Ask
from chainbreak.act.orders.model import ISSUED, State
from chainbreak.app.order_ask import rules_to_let_go
from chainbreak.base.errors import RefusedError
from chainbreak.base.log import get_log
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    import threading

    from sqlalchemy import Connection

    from chainbreak.act.orders.rules import Rules
    from chainbreak.app.bootstrap import Office


GAP_S = 0.002
"""Rest between two transactions: on SQLite, everybody else who writes gets a turn in it."""


def tidy(office: Office, stop: threading.Event | None = None) -> int:
    """Close every order whose end has passed, and queue the messages that take it back; returns how many.

    Each in a transaction of its own, so that however many end together nobody waits long, and one that cannot be closed
    keeps no other from it. Keys of old transactions are forgotten on the way. `stop`: the rest waits for the next time.
    """
    rules = rules_to_let_go(office)
    with office.desk.read() as conn:
        over = ledger.overdue_orders(conn, ledger.order_now(conn, office.clock.now_us()))
    closed = 0
    for order in over:
        if stop is not None and stop.is_set():
            return closed
        try:
            with office.desk.begin() as conn:
                closed += _close(conn, order.order_id, ledger.order_now(conn, office.clock.now_us()), rules)
        except RefusedError as e:
            get_log("delivery").error("end_not_told", order=order.order_id, code=e.code)
        time.sleep(GAP_S)
    with office.desk.begin() as conn:
        office.desk.forget_keys(conn)
    return closed


def _close(conn: Connection, order_id: str, now: int, rules: Rules) -> bool:
    order = ledger.read_order(conn, order_id)
    if order.state not in ISSUED or ends_at_us(order) > now:
        return False  # released or extended since it was found
    word = standing(order, now)
    move = "lapse" if word == State.LAPSED else "expire"
    ledger.make(conn, move, order_id, order, Ask(SERVICE, now, {"reason": word}), rules)
    return True
