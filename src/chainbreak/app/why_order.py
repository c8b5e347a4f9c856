"""Why an order stands: the evidence graph beneath it, and which orders rest on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.notices import way_of_money

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def why_order(office: Office, order_id: str) -> dict[str, Any]:
    """What the order rests on (`evidence`, each with `refuted`), why no milder step, `way`: of money that was followed,
    which payments are meant, in the centre's language, and `bears`: orders resting on it.

    Raises:
        UsageError: no such order (CB-OR-003).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import order_support, refuted

    with office.desk.read() as conn:
        order = ledger.read_order(conn, order_id)
        refs = sorted(order.content.supports())
        lost = set(conn.execute(select(refuted.c.ref).where(refuted.c.ref.in_(refs))).scalars())
        above = select(order_support.c.order_id).where(order_support.c.ref == f"order:{order_id}")
        bears = sorted(conn.execute(above).scalars())
    settings = office.centre.settings
    return {
        "order_id": order_id, "kind": order.content.kind, "rung": order.content.rung,
        "ladder_reason": order.content.ladder_reason, "purpose": order.content.purpose,
        "way": way_of_money(order.content, settings.zone, settings.language).strip(),
        "evidence": [{**item, "refuted": item["ref"] in lost} for item in order.content.evidence], "bears": bears,
    }  # fmt: skip
