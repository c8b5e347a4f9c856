"""Send what is due, and mend what partners hold: run by `order send`, and by the service again and again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sender import Sender
from chainbreak.act.delivery.signing import Signer
from chainbreak.act.orders.guards import Ask
from chainbreak.app.order_ask import ask_for, clear_value, clear_values, plain_ask, rules_of
from chainbreak.app.tidy import tidy
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.model import Content, Order
    from chainbreak.app.bootstrap import Office


def send_due(office: Office) -> dict[str, int]:
    """End what time has ended, then send what is due, withdrawals first.

    Returns counts: ended, sent, verified (seen in the partner's file), waiting, failed.
    """
    ended = tidy(office)
    return {"ended": ended, **sender_of(office).send_due()}


def reconcile(office: Office) -> list[dict[str, Any]]:
    """Compare every partner's files with what is in force and mend them; rows (partner, missing, extra, mended)."""
    return sender_of(office).reconcile()


def sender_of(office: Office) -> Sender:
    """The sender of this centre."""
    return Sender(
        office.desk, office.clock, office.centre.out, Signer(office.centre.keys, office.centre.out), rules_of(office),
        partial(_ask, office), partial(_reveal, office), partial(clear_values, office),
    )  # fmt: skip


def _ask(office: Office, conn: Connection, order: Order, data: dict[str, Any]) -> Ask:
    if data.get("probe"):
        return plain_ask(office, conn, SERVICE, data)
    return ask_for(office, conn, SERVICE, order, data=data, check_lists=True)


def _reveal(office: Office, conn: Connection, content: Content, now_us: int) -> str:
    return clear_value(office, conn, content, "delivery", now_us)
