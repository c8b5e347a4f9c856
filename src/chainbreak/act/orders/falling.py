"""What follows in the desk when evidence is gone: orders with nothing left under them fall, others get a task."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.cascade import fallout
from chainbreak.act.orders.guards import Ask
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.rules import Rules


def let_fall(
    conn: Connection, lost: Set[str], because_of: str, note: Callable[[str], str], now_us: int, rules: Rules
) -> dict[str, list[str]]:
    """Note that these supports are gone, release issued orders that rested on nothing else, and open a task with a
    clock on those that still stand on something; `note`: order_id -> what its task says.

    Returns order ids: `fallen`, `weakened` (both issued), and `unsigned`: not issued, resting on nothing any more, so
    that nobody can sign them.
    """
    ledger.refute(conn, lost, because_of, now_us)
    supports = ledger.all_supports(conn)
    found = fallout(supports, ledger.refuted_refs(conn))
    # Also those not yet signed: nothing may be signed that rests on them later.
    ledger.refute(conn, {f"order:{order_id}" for order_id in found.fallen}, because_of, now_us)
    issued = {o.order_id: o for o in ledger.issued_orders(conn)}
    # What an earlier loss has weakened has its task already.
    gone = lost | {f"order:{order_id}" for order_id in found.fallen}
    fallen = sorted(found.fallen & issued.keys())
    weakened = sorted(order_id for order_id in found.weakened & issued.keys() if supports[order_id] & gone)
    for order_id in fallen:
        why = Ask(SERVICE, now_us, {"reason": "evidence_withdrawn", "because_of": because_of})
        ledger.make(conn, "fall", order_id, issued[order_id], why, rules)
    for order_id in weakened:
        due = now_us + rules.clocks.weakened_h * US_PER_HOUR
        ledger.open_task(conn, "weakened_order", order_id, note(order_id), now_us, due)
    return {"fallen": fallen, "weakened": weakened, "unsigned": sorted(found.fallen - issued.keys())}
