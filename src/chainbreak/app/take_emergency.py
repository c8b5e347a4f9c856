"""One authorised officer acts at once: a hold of an amount, or a limit on outgoing calls, for 30 minutes at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import Order
from chainbreak.app.add_case import link_to_case
from chainbreak.app.draft_order import check_references, drawn_from
from chainbreak.app.order_ask import ask_for, rules_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def take_emergency(office: Office, actor: Actor, finding_id: str, wish: Wish, key: str | None = None) -> Order:
    """The emergency measure, queued for sending; it lapses by itself unless a second person approves the order.

    `wish.expires_at_us` is the end it has once confirmed.

    Raises:
        UsageError, InputError: as for a draft.
        RefusedError: not a measure one may take alone (CB-OR-040), the same person again (CB-OR-043), and all that
            stands against a submission.
    """
    rules = rules_of(office)
    with office.desk.begin(key) as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        wish, drawn = drawn_from(conn, finding_id, wish, now)
        content = drafting.content_of(wish, drawn, rules, office.centre.settings)
        check_references(conn, content)
        until = {"until_us": now + rules.clocks.emergency_us}
        ask = ask_for(office, conn, actor, content=content, data=until, check_lists=True)
        order = ledger.make(conn, "emergency", drawn.order_id, None, ask, rules)
        link_to_case(conn, actor, now, wish.case_ref, [("finding", finding_id), ("order", order.order_id)])
    return order
