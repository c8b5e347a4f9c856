"""Let an order go. Nothing that is missing in it stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order
from chainbreak.app.order_ask import plain_ask, rules_to_let_go
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def release_order(office: Office, actor: Actor, order_id: str, reason: str = "other", note: str = "") -> Order:
    """The order, released; partners that hold it are told first of all messages.

    Raises:
        UsageError: no such order (CB-OR-003), or a reason that is not on the list (CB-OR-065).
        RefusedError: it was never issued or is over (CB-OR-004), the role (CB-OR-005).
    """
    rules = rules_to_let_go(office)
    if reason not in rules.release_reasons:
        raise UsageError("CB-OR-065", "not a reason for a release", given=reason,
                         allowed=did_you_mean(reason, rules.release_reasons))  # fmt: skip
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        ask = plain_ask(office, conn, actor, {"reason": reason, "note": note})
        return ledger.make(conn, "release", order_id, order, ask, rules)
