"""Sign an order, confirm an emergency measure, or sign a wished extension: whichever waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order, State
from chainbreak.app.order_ask import ask_for, rules_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def approve_order(office: Office, actor: Actor, order_id: str, digest: str) -> Order:
    """The order with the actor's signature under `digest`, which is what the screen showed (`show_order`: `digest`).

    Approved and queued for sending once enough have signed. Two approvers at the same moment: both signatures count
    where two are needed; where one is enough the second is told that it no longer waits.

    Raises:
        UsageError: no such order (CB-OR-003).
        RefusedError: the order changed since it was shown (CB-OR-034); the actor drafted, submitted or edited it
            (CB-OR-030), has signed already (CB-OR-031, CB-OR-032), or may not (CB-OR-005); it no longer waits
            (CB-OR-004); its end has passed (CB-OR-035); the object is excluded by now (CB-OR-026); the clock is
            behind the log (CB-OR-052).
    """
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        ask = ask_for(office, conn, actor, order, digest=digest, check_lists=True)
        return ledger.make(conn, signature_awaited(order), order_id, order, ask, rules_of(office))


def signature_awaited(order: Order) -> str:
    """The move that a signature makes now."""
    if order.state is State.EMERGENCY:
        return "confirm"
    return "approve_extension" if order.extension else "approve"
