"""What still stands between an order and its next move; changes nothing but the log's record of the look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.machine import objections
from chainbreak.act.orders.model import State
from chainbreak.app.order_ask import ask_for, rules_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

NEXT = {State.DRAFT: "submit", State.SUBMITTED: "approve", State.EMERGENCY: "confirm", State.APPROVED: "send"}


def check_order(office: Office, actor: Actor, order_id: str, move: str | None = None) -> list[dict[str, Any]]:
    """Objections to `move` (None: the order's next) by `actor`: rows (code, what, given, allowed); empty when clear.

    Raises:
        UsageError: no such order (CB-OR-003).
    """
    rules = rules_of(office)
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        wanted = move or NEXT.get(order.state, "extend")
        ask = ask_for(office, conn, actor, order, digest=order.digest, check_lists=True)
        found = objections(wanted, order, ask, rules)
    return [{"move": wanted, "code": o.code, "what": o.what, "given": o.given, "allowed": o.allowed} for o in found]
