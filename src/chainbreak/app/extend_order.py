"""Ask for a later end, on evidence found since the last signature; somebody who has not signed before must sign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.model import Order
from chainbreak.app.order_ask import ask_for, rules_of
from chainbreak.app.show_finding import finding_named

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def extend_order(office: Office, actor: Actor, order_id: str, finding_id: str, until_us: int | None = None) -> Order:
    """The order with a wished extension to `until_us` (None: the kind's default length again), resting on the finding.

    Raises:
        UsageError: no such order (CB-OR-003) or finding (CB-FN-001).
        RefusedError: not in force (CB-OR-037), unsigned (CB-OR-038), old evidence (CB-OR-044), one already waits
            (CB-OR-045), no further extension (CB-OR-046), beyond the longest term (CB-OR-014).
    """
    rules = rules_of(office)
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        found, _ = finding_named(conn, finding_id)
        old = order.content
        longer = replace(
            old, evidence=(*old.evidence, drafting.evidence_of(found, found.as_bytes())),
            expires_at_us=until_us or old.expires_at_us + rules.kind(old.kind).expiry_us,
        )  # fmt: skip
        ask = ask_for(
            office, conn, actor, order, content=drafting.with_notice(longer, order_id, office.centre.settings)
        )
        return ledger.make(conn, "extend", order_id, order, ask, rules)
