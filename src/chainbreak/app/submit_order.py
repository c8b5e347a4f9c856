"""Hand a draft in for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order
from chainbreak.app.order_ask import ask_for, rules_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def submit_order(office: Office, actor: Actor, order_id: str) -> Order:
    """The order, now waiting for a signature.

    Raises:
        UsageError: no such order (CB-OR-003).
        RefusedError: a mandatory field is empty (CB-OR-020), a milder step was not considered (CB-OR-023), more than
            was traced (CB-OR-025), an exclusion (CB-OR-026), not a draft (CB-OR-004), the role (CB-OR-005).
    """
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        ask = ask_for(office, conn, actor, order, check_lists=True)
        return ledger.make(conn, "submit", order_id, order, ask, rules_of(office))
