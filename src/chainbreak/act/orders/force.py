"""Whether an order is in force: a question put to the clock, never a flag.

No scheduler is needed for an order to be over. `now_us` must come from `ledger.order_now`, the larger of the clock and
the highest time in the log, so that a clock set back revives nothing.
"""

from __future__ import annotations

from chainbreak.act.orders.model import Order, State

_DELIVERED = frozenset({State.SENT, State.ACKNOWLEDGED, State.EMERGENCY})


def ends_at_us(order: Order) -> int:
    """The earliest time at which the order is over by itself: its end, an unconfirmed emergency's, or by silence."""
    own = order.content.expires_at_us if order.emergency_until_us is None else order.emergency_until_us
    return own if order.silence_ends_us is None else min(own, order.silence_ends_us)


def in_force(order: Order, now_us: int) -> bool:
    """Whether partners should hold it at `now_us`: issued, passed on, begun, and not over.

    A confirmed emergency stays in force between its confirmation and its next delivery.
    """
    passed_on = order.state in _DELIVERED or (order.state is State.APPROVED and bool(order.sent_to))
    return passed_on and order.content.starts_at_us <= now_us < ends_at_us(order)


def standing(order: Order, now_us: int) -> str:
    """The one word a person reads: the state, or what time has made of it.

    `in_force`: a partner has acknowledged it (or it is a running emergency) and its time runs. `expired`, `lapsed`:
    its time is over, whether or not anybody has tidied up. `unapproved`: issued by an older system without a signature
    under its digest; it can only be released.
    """
    if order.state in (State.SENT, State.ACKNOWLEDGED, State.APPROVED, State.EMERGENCY) and now_us >= ends_at_us(order):
        silent = order.silence_ends_us is not None and ends_at_us(order) == order.silence_ends_us
        return State.LAPSED if order.emergency_until_us is not None or silent else State.EXPIRED
    if order.state in (State.SENT, State.ACKNOWLEDGED) and not order.approvals:
        return "unapproved"
    if order.state in (State.ACKNOWLEDGED, State.EMERGENCY) and in_force(order, now_us):
        return "in_force"
    return order.state
